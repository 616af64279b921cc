"""DynamoDB Local, the engine that AWS ships for tests: fetched once, started on a free port, stopped by its handle.

    python -m tests.engine.dynamodb_local       prints the endpoint and runs until Ctrl-C

The npm package amplify-dynamodb-simulator carries DynamoDB Local and its licence; npm fetches it into .cache/, and
it is unpacked only when it is the very file that was measured.
"""

from __future__ import annotations

import http.client
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from tests import npm

CACHE = npm.CACHE / "dynamodb-local"

_PACKAGE = "amplify-dynamodb-simulator@2.9.30"
_TARBALL_SHA256 = "3503ffac19f183407909fecdacf4db51ab1fdad1da7b2f177016670b2d80e4b9"
_JAR = Path("emulator", "DynamoDBLocal.jar")

_HOST = "127.0.0.1"
_READY_S = 30.0
_STOP_S = 5.0
_STARTS = 3


class DynamoDBLocalUnavailable(RuntimeError):
    """DynamoDB Local cannot run here; the message says what is missing."""


@contextmanager
def dynamodb_local(cache: Path = CACHE) -> Iterator[str]:
    """Run an empty DynamoDB Local, in memory, for as long as the context lasts; yields its endpoint's address.

    Raises: DynamoDBLocalUnavailable
    """
    java = _program("java", "a Java runtime, version 17 for instance (Debian: apt install default-jre-headless)")
    jar = fetch(cache)
    with tempfile.TemporaryFile() as log:
        process, port = _start(java, jar, log.fileno())
        try:
            yield f"http://{_HOST}:{port}"
        finally:
            _stop(process)


def fetch(cache: Path = CACHE) -> Path:
    """Return the path of DynamoDBLocal.jar in `cache`; fetches and unpacks the package when it is not there.

    Raises: DynamoDBLocalUnavailable
    """
    try:
        return npm.package(_PACKAGE, _TARBALL_SHA256, cache) / _JAR
    except npm.PackageUnavailable as error:
        raise DynamoDBLocalUnavailable(f"DynamoDB Local: {error}") from error


def _program(name: str, needed: str) -> str:
    path = shutil.which(name)
    if path is None:
        raise DynamoDBLocalUnavailable(f"DynamoDB Local needs {needed}: no `{name}` on PATH")
    return path


def _start(java: str, jar: Path, log: int) -> tuple[subprocess.Popen[bytes], int]:
    """Start the engine; tries again on another port when somebody took this one in between."""
    for _ in range(_STARTS):
        port = _free_port()
        command = [
            java,
            "-Djava.library.path=./DynamoDBLocal_lib",
            "-jar",
            jar.name,
            "-inMemory",
            "-port",
            str(port),
        ]
        # A session of its own: Ctrl-C reaches the tests, and they stop the engine when they are done with it.
        process = subprocess.Popen(
            command, cwd=jar.parent, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
        )
        try:
            if _ready(process, port):
                return process, port
        except BaseException:
            _stop(process)
            raise
        _stop(process)
    said = os.pread(log, 4000, 0).decode(errors="replace").strip()
    raise DynamoDBLocalUnavailable(f"DynamoDB Local did not start within {_READY_S:.0f} s:\n{said}")


def _ready(process: subprocess.Popen[bytes], port: int) -> bool:
    deadline = time.monotonic() + _READY_S
    while time.monotonic() < deadline and process.poll() is None:
        if _answers(port):
            return process.poll() is None
        time.sleep(0.05)
    return False


def _answers(port: int) -> bool:
    connection = http.client.HTTPConnection(_HOST, port, timeout=5)
    try:
        connection.request("GET", "/")
        connection.getresponse().read()
    except (OSError, http.client.HTTPException):
        return False
    else:
        return True
    finally:
        connection.close()


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(_STOP_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((_HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def _interrupt(signum: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def main() -> int:
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        with dynamodb_local() as endpoint:
            print(endpoint, flush=True)
            signal.pause()
    except KeyboardInterrupt:
        return 0
    except DynamoDBLocalUnavailable as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
