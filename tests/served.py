"""The development server as a user runs it: a process of its own, spoken to over HTTP on 127.0.0.1."""

from __future__ import annotations

import http.client
import json
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
_READY = re.compile(r"Draftkeep is ready on http://127\.0\.0\.1:(\d+)")
_READY_S = 60


@dataclass(frozen=True)
class Reply:
    """An HTTP answer; header names in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def code(self) -> str:
        return str(self.json["code"])


@dataclass
class Api:
    """A client of one served process. Each call has a connection of its own, so that threads do not meet."""

    port: int
    process: subprocess.Popen[bytes]
    output: list[str] = field(default_factory=list)

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> Reply:
        """Send a request; `body` is JSON unless it is bytes, and a header is written `if_match`."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if body is not None and "content-type" not in sent:
            sent["content-type"] = "application/json"
        raw = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        return self.send(method, path, raw, sent)

    def send(self, method: str, target: str, body: bytes | None, headers: Mapping[str, str]) -> Reply:
        """Send a request whose target goes over the wire as it is."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.putrequest(method, target, skip_accept_encoding=True)
            for name, value in headers.items():
                connection.putheader(name, value)
            if body is not None:
                connection.putheader("content-length", str(len(body)))
            connection.endheaders(body)
            response = connection.getresponse()
            received = {name.lower(): value for name, value in response.getheaders()}
            return Reply(response.status, received, response.read())
        finally:
            connection.close()


@contextmanager
def served(**environment: str) -> Iterator[Api]:
    """Run the development server on a free port until the context ends, then stop it as Ctrl-C does."""
    paths = os.pathsep.join(str(ROOT / part) for part in ("functions", "layers/resolver", ""))
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "LOCAL_"))}
    process = subprocess.Popen(
        [sys.executable, "-m", "local.server"],
        cwd=ROOT,
        env=clean | {"PYTHONPATH": paths, "PORT": "0", "PYTHONUNBUFFERED": "1"} | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    api = Api(0, process)
    ready = threading.Event()
    reader = threading.Thread(target=_read_output, args=(process, api, ready), daemon=True)
    reader.start()
    try:
        if not ready.wait(_READY_S) or not api.port:
            raise AssertionError("the server did not become ready:\n" + "".join(api.output))
        yield api
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
        process.wait(timeout=30)
        reader.join(timeout=5)


def _read_output(process: subprocess.Popen[bytes], api: Api, ready: threading.Event) -> None:
    assert process.stdout
    for line in process.stdout:
        text = line.decode(errors="replace")
        api.output.append(text)
        if found := _READY.search(text):
            api.port = int(found.group(1))
            ready.set()
    ready.set()
