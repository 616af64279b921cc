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
_TAG = re.compile(r'"[^"]*"')
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
    content: bytes

    @property
    def fingerprint(self) -> str:
        return hashlib.sha256(self.content).hexdigest()[:32]


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
    return _File(f"{_TYPES[path.suffix]}; charset=utf-8", path.read_bytes())


def _answer(request: Request, found: _File) -> Answer:
    is_packed = _accepts_gzip(request.joined.get("accept-encoding", ""))
    # Packed and plain are two representations: RFC 9110 section 8.8.3.
    tag = f'"{found.fingerprint}-gzip"' if is_packed else f'"{found.fingerprint}"'
    headers = (*_ALWAYS, ("content-type", found.media_type), ("etag", tag), ("vary", "accept-encoding"))
    if _names(request.joined.get("if-none-match", ""), tag):
        return Answer(304, headers, b"")
    if is_packed:
        return Answer(200, (*headers, ("content-encoding", "gzip")), gzip.compress(found.content, mtime=0))
    return Answer(200, headers, found.content)


def _accepts_gzip(accepted: str) -> bool:
    """Whether an Accept-Encoding takes gzip: by name, or else by `*`. A weight that does not read takes nothing."""
    weights = {}
    for one in accepted.lower().split(","):
        coding, _, weight = one.partition(";")
        weights[coding.strip()] = weight.replace(" ", "") or "q=1"
    return re.fullmatch(r"q=(0\.0*[1-9]\d*|1(\.0*)?)", weights.get("gzip", weights.get("*", ""))) is not None


def _names(condition: str, tag: str) -> bool:
    """Whether an If-None-Match is `*` or names the tag, be it as a weak one: RFC 9110 section 13.1.2."""
    return condition.strip() == "*" or tag in _TAG.findall(condition)
