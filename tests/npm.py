"""Packages of npm that tests use: fetched once, used only when they are the very files that were chosen."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import tarfile
import tempfile
from pathlib import Path

CACHE = Path(__file__).resolve().parents[1] / ".cache"

_FETCH_S = 300.0


class PackageUnavailable(RuntimeError):
    """A package cannot be had here; the message says what is missing."""


def package(name: str, sha256: str, cache: Path) -> Path:
    """Return the folder in `cache` that holds the unpacked package; fetches it when it is not there.

    name: with its version, such as axe-core@4.14.1
    sha256: of its tarball
    Raises: PackageUnavailable
    """
    home = cache / sha256[:16]
    if not home.is_dir():
        cache.mkdir(parents=True, exist_ok=True)
        # Made complete beside its place, then moved there: a fetch that is cut off leaves nothing half made.
        with tempfile.TemporaryDirectory(dir=cache) as scratch:
            tarball = _downloaded(name, sha256, Path(scratch))
            unpacked = Path(scratch, "unpacked")
            with tarfile.open(tarball) as archive:
                archive.extractall(unpacked, filter="data")
            try:
                unpacked.rename(home)
            except OSError:
                # Another process was first.
                if not home.is_dir():
                    raise
    return home / "package"


def _downloaded(name: str, sha256: str, folder: Path) -> Path:
    npm = shutil.which("npm")
    if npm is None:
        raise PackageUnavailable(f"npm is needed, to fetch {name} once (Debian: apt install npm): no `npm` on PATH")
    command = [npm, "pack", name, "--loglevel=error", "--pack-destination", str(folder)]
    try:
        done = subprocess.run(command, cwd=folder, check=False, capture_output=True, text=True, timeout=_FETCH_S)
    except subprocess.TimeoutExpired as error:
        raise PackageUnavailable(f"npm did not fetch {name} within {_FETCH_S:.0f} s") from error
    if done.returncode != 0:
        raise PackageUnavailable(f"npm could not fetch {name}:\n{done.stderr.strip()}")
    (tarball,) = folder.glob("*.tgz")
    with tarball.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    if digest != sha256:
        raise PackageUnavailable(f"{name} has SHA-256 {digest}, not {sha256}: not used")
    return tarball
