"""Over real connections to 127.0.0.1: raw heads, lengths, limits, and a stop that loses no answer."""

from __future__ import annotations

import http.client
import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from local.serving import GRACE_S, Server, bind
from local.wsgi import application
from tests.unit.local.samples import FakeFunctions, a_gateway, echo


@contextmanager
def _serving(functions: FakeFunctions) -> Iterator[tuple[int, Server]]:
    bound = bind(0)
    port: int = bound.getsockname()[1]
    server = Server(application(a_gateway(functions).answer), bound)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        yield port, server
    finally:
        server.ask_to_stop()
        thread.join(timeout=10)
        assert not thread.is_alive()


@pytest.fixture(name="port")
def _port() -> Iterator[int]:
    with _serving(FakeFunctions(echo)) as (port, _):
        yield port


def _raw(port: int, request: bytes) -> tuple[bytes, bytes]:
    with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
        connection.sendall(request)
        received = b""
        while part := connection.recv(65536):
            received += part
    head, _, body = received.partition(b"\r\n\r\n")
    return head, body


def _event(port: int, request_line: str, *headers: str, body: bytes = b"") -> dict[str, Any]:
    lines = "\r\n".join([request_line, "Host: x", "Connection: close", *headers, "", ""])
    head, answer = _raw(port, lines.encode("latin-1") + body)
    assert head.startswith(b"HTTP/1.1 200 "), head
    event = json.loads(answer)
    assert isinstance(event, dict)
    return event


def test_the_target_is_taken_as_it_was_sent(port: int) -> None:
    event = _event(port, "GET /echo/%2E%2E%23%3Fx?a=%2F HTTP/1.1")

    assert event["pathParameters"] == {"part": "..#?x"}
    assert (event["rawPath"], event["rawQueryString"]) == ("/echo/..#", "a=%2F")


def test_dots_in_a_path_are_not_resolved(port: int) -> None:
    assert _event(port, "GET /echo/.. HTTP/1.1")["rawPath"] == "/echo/.."


def test_headers_are_passed_on_but_for_those_of_the_connection(port: int) -> None:
    event = _event(port, "GET /echo/a HTTP/1.1", "X-A:  1 ", "x-a: 2", "X_B: 3", "X-Forwarded-For: 8.8.8.8")

    headers = event["headers"]
    assert (headers["x-a"], headers["x_b"], headers["x-forwarded-for"]) == ("1,2", "3", "127.0.0.1")
    assert "connection" not in headers


def test_a_chunked_body_arrives_whole_with_its_length(port: int) -> None:
    event = _event(
        port,
        "PUT /echo/a HTTP/1.1",
        "Content-Type: text/plain",
        "Transfer-Encoding: chunked",
        body=b"3\r\nabc\r\n1\r\nd\r\n0\r\n\r\n",
    )

    assert event["body"] == "abcd"
    assert event["headers"]["content-length"] == "4"
    assert "transfer-encoding" not in event["headers"]


def test_head_is_answered_without_a_body_but_with_its_length(port: int) -> None:
    head, body = _raw(port, b"HEAD /echo/a HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")

    assert b"content-length: 0" not in head.lower()
    assert body == b""


@pytest.mark.parametrize("status", [204, 304])
def test_204_and_304_are_sent_without_length_and_body(status: int) -> None:
    with _serving(FakeFunctions(lambda _: {"statusCode": status, "body": "x"})) as (port, _):
        head, body = _raw(port, b"GET /echo/a HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")

    assert head.startswith(f"HTTP/1.1 {status} ".encode())
    assert b"content-length" not in head.lower()
    assert body == b""


@pytest.mark.parametrize(
    ("request_head", "status"),
    [
        (b"GARBAGE\r\n\r\n", b"400 Bad Request"),
        (b"GET http://[ HTTP/1.1\r\n\r\n", b"400 Bad Request"),
        (b"GET /echo/a HTTP/1.1\r\nContent-Length: x\r\n\r\n", b"400 Bad Request"),
        (
            b"GET /echo/a HTTP/1.1\r\nConnection: close\r\nX: " + b"x" * 10_240 + b"\r\n\r\n",
            b"431 Request Header Fields",
        ),
        (
            b"GET /echo/a HTTP/1.1\r\nConnection: close\r\nX: " + b"x" * 80_000 + b"\r\n\r\n",
            b"431 Request Header Fields",
        ),
    ],
)
def test_requests_that_cannot_be_served_are_refused_in_json(port: int, request_head: bytes, status: bytes) -> None:
    head, body = _raw(port, request_head)

    assert status in head.partition(b"\r\n")[0]
    assert b"application/json" in head
    assert list(json.loads(body)) == ["message"]


def test_who_sends_too_much_gets_the_refusal_and_not_a_broken_connection(port: int) -> None:
    size = 10 * 1024 * 1024 + 1
    start = f"PUT /echo/a HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {size}\r\n\r\n"

    head, body = _raw(port, start.encode() + b"x" * size)

    assert b" 413 " in head
    assert body == b'{"message":"Request Entity Too Large"}'


def test_parallel_clients_get_their_own_answers(port: int) -> None:
    crossed: list[str] = []

    def ask(client: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        for number in range(10):
            name = f"{client}-{number}"
            connection.request("PUT", f"/echo/{name}", body=name, headers={"Content-Type": "text/plain"})
            event = json.loads(connection.getresponse().read())
            if (event["pathParameters"]["part"], event["body"]) != (name, name):
                crossed.append(name)
        connection.close()

    clients = [threading.Thread(target=ask, args=(client,)) for client in range(16)]
    for client in clients:
        client.start()
    for client in clients:
        client.join()

    assert crossed == []


def test_a_running_request_is_answered_after_the_stop_was_asked_for() -> None:
    started = threading.Event()

    def slow(_: dict[str, Any]) -> dict[str, Any]:
        started.set()
        time.sleep(0.5)
        return {"statusCode": 200, "body": "done"}

    bodies: list[bytes] = []
    with _serving(FakeFunctions(slow)) as (port, server):
        request = b"GET /echo/a HTTP/1.1\r\nHost: x\r\n\r\n"
        client = threading.Thread(target=lambda: bodies.append(_raw(port, request)[1]))
        client.start()
        started.wait(timeout=5)

        server.ask_to_stop()
        time.sleep(0.2)
        with pytest.raises(OSError, match="refused"):
            socket.create_connection(("127.0.0.1", port), timeout=5)
        client.join()

    assert bodies == [b"done"]
    assert not server.has_running_threads()


def test_an_answer_on_its_way_to_a_slow_reader_is_not_cut_by_the_stop() -> None:
    size = 6_000_000
    with (
        _serving(FakeFunctions(lambda _: {"statusCode": 200, "body": "x" * size})) as (port, server),
        socket.socket() as reader,
    ):
        reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        reader.settimeout(5)
        reader.connect(("127.0.0.1", port))
        reader.sendall(b"GET /echo/a HTTP/1.1\r\nHost: x\r\n\r\n")
        received = len(reader.recv(1))

        server.ask_to_stop()
        time.sleep(0.3)
        while part := reader.recv(1_000_000):
            received += len(part)

    assert received > size


def test_a_request_that_does_not_end_does_not_hold_up_a_second_stop() -> None:
    started, released = threading.Event(), threading.Event()

    def endless(_: dict[str, Any]) -> dict[str, Any]:
        started.set()
        released.wait(timeout=30)
        return {"statusCode": 204}

    with _serving(FakeFunctions(endless)) as (port, server), socket.create_connection(("127.0.0.1", port)) as client:
        client.sendall(b"GET /echo/a HTTP/1.1\r\nHost: x\r\n\r\n")
        started.wait(timeout=5)
        asked_s = time.monotonic()

        server.ask_to_stop()
        server.ask_to_stop()
        rest = client.recv(1)

    assert (rest, server.has_running_threads()) == (b"", True)
    assert time.monotonic() - asked_s < GRACE_S - 1
    released.set()


def test_a_taken_port_is_an_error_at_once(port: int) -> None:
    with pytest.raises(OSError, match="in use"):
        bind(port)
