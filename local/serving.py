"""The HTTP server under the gateway: waitress, with raw heads, JSON errors and a graceful stop."""

from __future__ import annotations

import socket
import time
from typing import TYPE_CHECKING, Any

from waitress import wasyncore
from waitress.adjustments import Adjustments
from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser, ParsingError
from waitress.server import TcpWSGIServer
from waitress.task import ErrorTask, WSGITask

from local.answers import gateway_answer

if TYPE_CHECKING:
    from wsgiref.types import WSGIApplication

# The WSGI key under which the head of a request stands, as it was sent.
RAW_HEAD = "draftkeep.raw_head"

GRACE_S = 5.0

# Far above the gateway's own limits: a request a little over those is read whole, so that its
# client can read the refusal. Who still sends when the connection closes, loses the answer.
_LARGEST_BODY_BYTES = 100 * 1024 * 1024
_LARGEST_HEAD_BYTES = 1024 * 1024


class _Parser(HTTPRequestParser):
    raw_head = b""

    def parse_header(self, header_plus: bytes) -> None:
        self.raw_head = header_plus
        try:
            super().parse_header(header_plus)
        except ValueError as error:  # from urllib: `http://[`
            raise ParsingError("Bad URI") from error


class _Task(WSGITask):
    @property
    def has_body(self) -> bool:
        """As the server under it has it; but the answer to a HEAD without a length has none, and no chunks either."""
        has_length = any(name.lower() == "content-length" for name, _ in self.response_headers)
        request: Any = self.request
        return bool(super().has_body) and (has_length or request.command != "HEAD")

    def get_environment(self) -> dict[str, Any]:
        request: Any = self.request
        return super().get_environment() | {RAW_HEAD: request.raw_head}


class _ErrorTask(ErrorTask):
    """Answers what is not HTTP, or far too large, in the gateway's form."""

    def execute(self) -> None:
        request: Any = self.request
        answer = gateway_answer(request.error.code, request.error.reason)
        self.status = f"{answer.status} {request.error.reason}"
        self.response_headers = [*answer.headers, ("connection", "close")]
        self.close_on_finish = True
        self.content_length = len(answer.body)
        self.write(answer.body)


class _Channel(HTTPChannel):
    parser_class = _Parser
    task_class = _Task
    error_task_class = _ErrorTask

    @property
    def busy(self) -> bool:
        """Whether a request is running or an answer is not sent yet."""
        return bool(self.requests or self.total_outbufs_len)


class Server(TcpWSGIServer):
    """Serves a WSGI application on a bound socket until it is told to stop.

    Raises: OSError, when another process listens on the socket's port
    """

    channel_class = _Channel

    def __init__(self, application: WSGIApplication, bound: socket.socket) -> None:
        adjustments = Adjustments(
            sockets=[bound],
            threads=8,
            ident=None,
            asyncore_use_poll=True,
            connection_limit=1000,
            max_request_header_size=_LARGEST_HEAD_BYTES,
            max_request_body_size=_LARGEST_BODY_BYTES,
            clear_untrusted_proxy_headers=True,
        )
        self._stops_asked = 0
        self._ended = False
        self._bound = bound
        self._sockets: Any = {}
        address = (bound.family, bound.type, bound.proto, bound.getsockname())
        super().__init__(
            application, map=self._sockets, _sock=bound, adj=adjustments, bind_socket=False, sockinfo=address
        )

    def ask_to_stop(self) -> None:
        """End `run`: safe in a signal handler and in any thread. Asked twice, it does not wait for requests."""
        self._stops_asked += 1
        if not self._ended:
            self.pull_trigger()

    def run(self) -> None:
        """Serve until asked to stop; then let running requests finish, for GRACE_S at most."""
        while not self._stops_asked:
            wasyncore.loop(timeout=1, use_poll=True, map=self._sockets, count=1)
        self._stop_accepting()
        deadline_s = time.monotonic() + GRACE_S
        while self._busy() and self._stops_asked < 2 and time.monotonic() < deadline_s:
            wasyncore.loop(timeout=0.05, use_poll=True, map=self._sockets, count=1)
        self._ended = True
        self.task_dispatcher.shutdown(timeout=1)
        wasyncore.close_all(self._sockets, ignore_all=True)

    def has_running_threads(self) -> bool:
        """Whether a request outlived the stop."""
        return bool(self.task_dispatcher.threads)

    def _stop_accepting(self) -> None:
        # Not `close()`: that also closes the trigger by which running requests send their answers.
        self.accepting = False
        self.del_channel()
        self._bound.close()

    def _busy(self) -> bool:
        channels: Any = self.active_channels
        return any(channel.busy for channel in list(channels.values()))


def bind(port: int) -> socket.socket:
    """A socket bound to a port of 127.0.0.1, not listening yet.

    Raises: OSError, the port is taken
    """
    bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    # As waitress sets it: without it, a port stays taken for a minute after a restart.
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind(("127.0.0.1", port))
    except OSError:
        bound.close()
        raise
    return bound
