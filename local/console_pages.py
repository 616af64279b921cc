"""The console's files, served beside the API: static, compressed, and under a strict content security policy."""

from __future__ import annotations

import gzip
import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from local.answers import Answer
from local.events import Request

FOLDER = Path(__file__).resolve().parent / "console"
PREFIX = "/console"

# The page may speak to an API elsewhere; scripts, styles and images come from here alone.
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self' https: http://127.0.0.1:* http://localhost:*; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'"
)
_ALWAYS = (
    ("content-security-policy", _POLICY),
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "no-referrer"),
    ("cache-control", "no-cache"),
)
# Short enough for every file system.
_NAME = re.compile(r"([a-zA-Z0-9_-]{1,40}/){0,4}[a-zA-Z0-9_-]{1,40}\.[a-zA-Z]{1,10}")
_TYPES = {
    ".js": "text/javascript",
    ".css": "text/css",
    ".html": "text/html",
    ".svg": "image/svg+xml",
    ".md": "text/plain",
    ".LICENSE": "text/plain",
}


@dataclass(frozen=True)
class _File:
    media_type: str
    plain: bytes
    packed: bytes
    tag: str


def with_console(answer: Callable[[Request], Answer], folder: Path = FOLDER) -> Callable[[Request], Answer]:
    """`answer`, and the console under /console.

    A file is read when it is asked for, so that an edit shows at the next reload.
    """

    def serve(request: Request) -> Answer:
        path = request.target.path
        if path != PREFIX and not path.startswith(f"{PREFIX}/"):
            return answer(request)
        if request.method not in {"GET", "HEAD"}:
            return Answer(405, (("allow", "GET, HEAD"), *_ALWAYS), b"")
        if path == PREFIX:
            return Answer(308, (("location", f"{PREFIX}/"), *_ALWAYS), b"")
        found = _read(folder, path.removeprefix(f"{PREFIX}/") or "index.html")
        return (
            _answer(request, found)
            if found
            else Answer(404, (("content-type", "text/plain"), *_ALWAYS), b"Not found\n")
        )

    return serve


def _read(folder: Path, name: str) -> _File | None:
    path = folder / name
    if not _NAME.fullmatch(name) or path.suffix not in _TYPES or not path.is_file():
        return None
    content = path.read_bytes()
    tag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
    return _File(f"{_TYPES[path.suffix]}; charset=utf-8", content, gzip.compress(content, mtime=0), tag)


def _answer(request: Request, found: _File) -> Answer:
    headers = (*_ALWAYS, ("content-type", found.media_type), ("etag", found.tag), ("vary", "accept-encoding"))
    if found.tag in request.joined.get("if-none-match", ""):
        return Answer(304, headers, b"")
    if "gzip" in request.joined.get("accept-encoding", ""):
        return Answer(200, (*headers, ("content-encoding", "gzip")), found.packed)
    return Answer(200, headers, found.plain)
