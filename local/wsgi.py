"""Between WSGI and the gateway: a request out of the environment, an answer into bytes."""

from __future__ import annotations

import http
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from waitress.parser import get_header_lines

from local.answers import Answer
from local.events import Request
from local.gateway import BODY_LIMIT_BYTES
from local.routing import parse_target
from local.serving import RAW_HEAD

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication

# Headers that concern one connection, or that the gateway writes itself.
_NOT_PASSED_ON = frozenset(
    {
        "connection",
        "expect",
        "forwarded",
        "keep-alive",
        "proxy-connection",
        "te",
        "transfer-encoding",
        "upgrade",
    }
)


def application(answer: Callable[[Request], Answer]) -> WSGIApplication:
    """The WSGI application that answers with `answer`."""

    def serve(environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        given = answer(read_request(environ))
        is_head = environ["REQUEST_METHOD"] == "HEAD"
        # A function gives no body for a HEAD, so how long that of the GET is remains unsaid.
        length = [] if is_head and not given.body else [("content-length", str(len(given.body)))]
        start_response(f"{given.status} {_phrase(given.status)}", [*given.headers, *length])
        return [given.body] if given.body and not is_head else []

    return serve


def read_request(environ: dict[str, Any]) -> Request:
    """The request in a WSGI environment of `local.serving`.

    The headers are taken from the raw head, because WSGI joins repeated ones in its own way.
    """
    head: bytes = environ[RAW_HEAD]
    lines = [line.decode("latin-1").partition(":") for line in get_header_lines(head.partition(b"\r\n")[2])]
    headers = [(name, value.strip(" \t")) for name, _, value in lines if name.lower() not in _NOT_PASSED_ON]
    body_bytes = int(environ.get("CONTENT_LENGTH") or 0)
    if body_bytes and all(name.lower() != "content-length" for name, _ in headers):
        headers.append(("content-length", str(body_bytes)))
    return Request(
        method=environ["REQUEST_METHOD"],
        target=parse_target(environ["REQUEST_URI"]),
        headers=tuple(headers),
        body=b"" if body_bytes > BODY_LIMIT_BYTES else environ["wsgi.input"].read(),
        head_bytes=len(head),
        body_bytes=body_bytes,
        source_ip=environ["REMOTE_ADDR"],
        port=environ["SERVER_PORT"],
        protocol=environ["SERVER_PROTOCOL"],
    )


def _phrase(status: int) -> str:
    try:
        return http.HTTPStatus(status).phrase
    except ValueError:
        return "Unknown"
