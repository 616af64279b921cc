"""A stand-in for Lambda's base image, where that cannot be pulled: Debian, CPython 3.13 and Lambda's runtime client.

    python -m tests.sam.image       makes it, if it is not there, and prints its name

It is not Amazon Linux: it shows that template, layer, imports, events and answers fit together, not Amazon's libraries.
Needs root, a Docker daemon, debootstrap, and a CPython 3.13 in a folder of its own (pyenv's is).
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
REQUIREMENTS = HERE / "runtime" / "requirements.txt"
REPOSITORY = "draftkeep-lambda-stand-in"
_DEBIAN = "bookworm"
# What Python's own modules link to.
_LIBRARIES = "ca-certificates,libbz2-1.0,libffi8,liblzma5,libssl3,zlib1g"

# Lambda's own: the runtime client is started with the handler's name, and finds the layer under /opt.
_BOOTSTRAP = """#!/bin/sh
export PATH="/var/lang/bin:$PATH" LD_LIBRARY_PATH="/var/lang/lib:/opt/lib"
export PYTHONPATH="/opt/python:/var/runtime"
exec /var/lang/bin/python3.13 -m awslambdaric "$_HANDLER"
"""
_CHANGES = (
    "WORKDIR /var/task",
    "ENV LAMBDA_TASK_ROOT=/var/task",
    "ENV LAMBDA_RUNTIME_DIR=/var/runtime",
    "ENV LANG=C.UTF-8",
)


class ImageUnavailable(RuntimeError):
    """The stand-in cannot be made here; the message says what is missing."""


def python_home() -> Path:
    """The folder of a CPython 3.13 that can be copied whole.

    Raises: ImageUnavailable
    """
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    for home in sorted(pyenv.glob("3.13.*"), reverse=True):
        if (home / "bin" / "python3.13").is_file():
            return home
    raise ImageUnavailable(f"no CPython 3.13 under {pyenv} (pyenv install 3.13)")


def ensure() -> str:
    """Make the image, unless this very one is there; returns its name.

    Raises: ImageUnavailable
    """
    home = python_home()
    recipe = hashlib.sha256(
        f"{home.name}{_DEBIAN}{_LIBRARIES}{_BOOTSTRAP}{_CHANGES}".encode() + REQUIREMENTS.read_bytes()
    )
    name = f"{REPOSITORY}:{recipe.hexdigest()[:12]}"
    if subprocess.run(["docker", "image", "inspect", name], capture_output=True, check=False).returncode == 0:
        return name
    if shutil.which("debootstrap") is None:
        raise ImageUnavailable("no debootstrap (Debian: apt install debootstrap)")
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder, "root")
        _run("debootstrap", "--variant=minbase", f"--include={_LIBRARIES}", _DEBIAN, str(root))
        _fill(root, home)
        changes = [word for change in _CHANGES for word in ("--change", change)]
        with subprocess.Popen(["tar", "-C", str(root), "-c", "."], stdout=subprocess.PIPE) as archive:
            _run("docker", "import", *changes, "-", name, stdin=archive.stdout)
        if archive.returncode:
            raise ImageUnavailable("tar failed")
    return name


def _fill(root: Path, home: Path) -> None:
    """Put Python, the runtime client and its start into a Debian."""
    runtime = root / "var" / "runtime"
    for folder in (runtime, root / "var" / "task", root / "opt"):
        folder.mkdir(parents=True, exist_ok=True)
    shutil.copytree(home, root / "var" / "lang", symlinks=True, ignore=shutil.ignore_patterns("test", "__pycache__"))
    options = ("--quiet", "--disable-pip-version-check", "--no-deps", "--require-hashes", "--only-binary=:all:")
    _run(
        str(home / "bin" / "python3.13"), "-m", "pip", "install", *options, "-r", str(REQUIREMENTS), "-t", str(runtime)
    )
    bootstrap = runtime / "bootstrap"
    bootstrap.write_text(_BOOTSTRAP)
    bootstrap.chmod(0o755)


def _run(*command: str, stdin: object = None) -> None:
    done = subprocess.run(command, stdin=stdin, capture_output=True, text=True, check=False)  # type: ignore[call-overload]
    if done.returncode:
        raise ImageUnavailable(f"{command[0]} failed:\n{(done.stderr or done.stdout)[-2000:]}")


if __name__ == "__main__":
    try:
        print(ensure())
    except ImageUnavailable as reason:
        sys.exit(f"The stand-in image cannot be made: {reason}")
