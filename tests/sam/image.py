"""A stand-in for Lambda's base image, where that cannot be pulled: CPython 3.13 and Lambda's runtime client.

    python -m tests.sam.image       makes it, if it is not there, and prints its name

It holds this machine's own libraries, as far as Python needs them, and a shell: not Amazon Linux. It shows that
template, layer, imports, events and answers fit together, not Amazon's libraries. Nothing is downloaded but the
runtime client.
Needs a Docker daemon, and a CPython 3.13 in a folder of its own (pyenv's is).
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

HERE = Path(__file__).resolve().parent
REQUIREMENTS = HERE / "runtime" / "requirements.txt"
REPOSITORY = "draftkeep-lambda-stand-in"
# What starts the runtime, and what the SAM CLI runs when it adds its emulator and the layer to an image.
_PROGRAMS = ("sh", "chmod", "cp", "mkdir", "mv", "rm")
# What compiled wheels take for granted (PEP 600), beyond what Python itself links to.
_LIBRARIES = (
    *("libdl.so.2", "libgcc_s.so.1", "libm.so.6", "libpthread.so.0"),
    *("libresolv.so.2", "librt.so.1", "libstdc++.so.6", "libutil.so.1"),
)
_NOT_NEEDED = ("config-*", "ensurepip", "idlelib", "include", "share", "site-packages", "test", "tkinter", "*.a")

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


def image_name() -> str:
    """What the image of this recipe, these requirements and this Python is called.

    Raises: ImageUnavailable
    """
    recipe = hashlib.sha256(Path(__file__).read_bytes() + REQUIREMENTS.read_bytes() + python_home().name.encode())
    return f"{REPOSITORY}:{recipe.hexdigest()[:12]}"


def is_made() -> bool:
    """Tell whether the Docker daemon has the image."""
    found = subprocess.run(["docker", "image", "inspect", image_name()], capture_output=True, check=False)
    return found.returncode == 0


def ensure() -> str:
    """Make the image, unless this very one is there; returns its name.

    Raises: ImageUnavailable
    """
    home, name = python_home(), image_name()
    if is_made():
        return name
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        root.chmod(0o755)
        _fill(root, home)
        changes = [word for change in _CHANGES for word in ("--change", change)]
        with subprocess.Popen(["tar", "-C", str(root), "-c", "."], stdout=subprocess.PIPE) as archive:
            _run("docker", "import", *changes, "-", name, stdin=archive.stdout)
        if archive.returncode:
            raise ImageUnavailable("tar failed")
    return name


def _fill(root: Path, home: Path) -> None:
    """Put Python, what it links to, the runtime client and its start into an empty folder."""
    lang, runtime = root / "var" / "lang", root / "var" / "runtime"
    for folder in ("etc", "opt", "usr/bin", "usr/lib", "usr/lib64", "usr/sbin", "tmp", "var/runtime", "var/task"):
        (root / folder).mkdir(parents=True)
    for name in ("bin", "lib", "lib64", "sbin"):
        (root / name).symlink_to(f"usr/{name}")
    (root / "tmp").chmod(0o1777)
    (root / "etc" / "passwd").write_text("root:x:0:0:root:/tmp:/bin/sh\n")

    # With what Python has compiled of itself, as in Lambda's image: a start would compile it anew each time.
    shutil.copytree(home, lang, symlinks=True, ignore=shutil.ignore_patterns(*_NOT_NEEDED))
    options = ("--quiet", "--disable-pip-version-check", "--no-deps", "--require-hashes", "--only-binary=:all:")
    _run(
        str(home / "bin" / "python3.13"), "-m", "pip", "install", *options, "-r", str(REQUIREMENTS), "-t", str(runtime)
    )
    bootstrap = runtime / "bootstrap"
    bootstrap.write_text(_BOOTSTRAP)
    bootstrap.chmod(0o755)

    programs = [_program(name) for name in _PROGRAMS]
    for program in programs:
        shutil.copy2(program, root / "usr" / "bin" / program.name)
    compiled = [home / "bin" / "python3.13", *home.glob("lib/*.so*"), *home.glob("lib/python3.13/lib-dynload/*.so")]
    for library in {*_linked([*programs, *compiled]), *_named(_LIBRARIES)}:
        if not library.is_relative_to(home):
            copy = root / library.relative_to("/")
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(library, copy)


def _program(name: str) -> Path:
    found = shutil.which(name)
    if found is None:
        raise ImageUnavailable(f"no program {name}")
    return Path(found)


def _linked(files: Iterable[Path]) -> set[Path]:
    """The libraries that programs and libraries link to, and the loader."""
    told = subprocess.run(["ldd", *map(str, files)], capture_output=True, text=True, check=False).stdout
    return {Path(path) for path in re.findall(r"^\t(?:.* => )?(/\S+) \(0x", told, re.MULTILINE)}


def _named(libraries: Iterable[str]) -> set[Path]:
    """Where this machine's loader finds libraries of these names."""
    program = shutil.which("ldconfig") or shutil.which("ldconfig", path="/usr/sbin:/sbin") or "ldconfig"
    told = subprocess.run([program, "-p"], capture_output=True, text=True, check=False).stdout
    found = (re.search(rf"^\t{re.escape(name)} \(.*\) => (/\S+)$", told, re.MULTILINE) for name in libraries)
    return {Path(path[1]) for path in found if path}


def _run(*command: str, stdin: object = None) -> None:
    done = subprocess.run(command, stdin=stdin, capture_output=True, text=True, check=False)  # type: ignore[call-overload]
    if done.returncode:
        raise ImageUnavailable(f"{command[0]} failed:\n{(done.stderr or done.stdout)[-2000:]}")


if __name__ == "__main__":
    try:
        print(ensure())
    except ImageUnavailable as reason:
        sys.exit(f"The stand-in image cannot be made: {reason}")
