"""The same edits over HTTP: the served process on DynamoDB Local, and Kinto with its history plugin, in one run.

Kinto keeps everything in memory, DynamoDB Local too; one client, one connection, PUT with If-Match.
"""

from __future__ import annotations

import base64
import http.client
import json
import os
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

from tests.bench.figures import Figure
from tests.bench.flows import Editor
from tests.served import served
from tests.tables import ROOT

KINTO = ROOT / ".venv-kinto" / "bin" / "kinto"
SIZES = {"1.6 KB": 1_600, "27 KB": 27_000, "114 KB": 114_000, "419 KB": 419_000}
EDITS = 150
_BASIC = {"Authorization": "Basic " + base64.b64encode(b"bench:bench").decode()}

_SETTINGS = """
[app:main]
use = egg:kinto
kinto.userid_hmac_secret = bench
kinto.storage_backend = kinto.core.storage.memory
kinto.cache_backend = kinto.core.cache.memory
kinto.permission_backend = kinto.core.permission.memory
kinto.includes = kinto.plugins.history
multiauth.policies = basicauth
multiauth.policy.basicauth.use = kinto.core.authentication.BasicAuthAuthenticationPolicy
kinto.bucket_create_principals = system.Authenticated

[server:main]
use = egg:waitress#main
host = 127.0.0.1
port = {port}
max_request_body_size = 8388608

[loggers]
keys = root
[handlers]
keys = console
[formatters]
keys = plain
[logger_root]
level = ERROR
handlers = console
[handler_console]
class = StreamHandler
args = (sys.stderr,)
formatter = plain
[formatter_plain]
format = %(message)s
"""

# Sends one edit; takes and gives the entity tag.
Save = Callable[[Any, str | None], str]


def kinto(engine_url: str) -> list[Figure]:
    """Milliseconds of a save over HTTP, median, and the memory that each save leaves behind in Kinto."""
    figures = []
    with served(AWS_ENDPOINT_URL_DYNAMODB=engine_url) as api, _kinto() as (port, process):
        for size, size_bytes in SIZES.items():
            ours = _times(_ours(api.port, size), size_bytes)
            before = _memory(process)
            theirs = _times(_theirs(port, size), size_bytes)
            grown = (_memory(process) - before) / EDITS
            figures += [
                Figure(f"over HTTP, {size}: a save", ours, "ms"),
                Figure(f"over HTTP, {size}: a save in Kinto", theirs, "ms"),
                Figure(f"over HTTP, {size}: against Kinto", ours / theirs, "x"),
                Figure(f"over HTTP, {size}: memory that Kinto's history takes", grown, "bytes a save"),
            ]
    return figures


def _times(save: Save, size_bytes: int) -> float:
    editor, tag = Editor(size_bytes), None
    times = []
    for _ in range(EDITS + 1):
        start = time.perf_counter()
        tag = save(editor.flow, tag)
        times.append((time.perf_counter() - start) * 1000)
        editor.edit()
    return median(times[1:])


def _ours(port: int, size: str) -> Save:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    path = f"/v1/tenants/local/agents/bench-{size.replace(' ', '-')}/revisions/1/draft"
    return lambda flow, tag: _put(connection, path, flow, {"If-Match": tag} if tag else {})


def _theirs(port: int, size: str) -> Save:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    name = size.replace(" ", "").replace(".", "").lower()
    for path in ("/v1/buckets/bench", f"/v1/buckets/bench/collections/{name}"):
        _put(connection, path, {}, _BASIC)
    path = f"/v1/buckets/bench/collections/{name}/records/flow"
    return lambda flow, tag: _put(connection, path, {"data": flow}, _BASIC | ({"If-Match": tag} if tag else {}))


def _put(connection: http.client.HTTPConnection, path: str, body: Any, headers: dict[str, str]) -> str:
    connection.request("PUT", path, json.dumps(body).encode(), {"Content-Type": "application/json", **headers})
    response = connection.getresponse()
    answer = response.read()
    if response.status >= 300:
        raise RuntimeError(f"{path}: {response.status} {answer[:300]!r}")
    return response.headers["ETag"]


@contextmanager
def _kinto() -> Iterator[tuple[int, int]]:
    """Run Kinto on a free port; its port and process id."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with tempfile.TemporaryDirectory() as folder:
        settings = Path(folder) / "kinto.ini"
        settings.write_text(_SETTINGS.format(port=port))
        process = subprocess.Popen([str(KINTO), "start", "--ini", str(settings), "--port", str(port)])
        try:
            _await_answer(port)
            yield port, process.pid
        finally:
            process.terminate()
            process.wait(30)


def _await_answer(port: int) -> None:
    for _ in range(300):
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            connection.request("GET", "/v1/")
            connection.getresponse().read()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError("Kinto did not start")


def _memory(process: int) -> int:
    """Resident bytes of a process (Linux)."""
    pages = int(Path(f"/proc/{process}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")
