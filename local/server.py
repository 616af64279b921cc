"""The development server behind `make serve`: `python -m local.server`."""

from __future__ import annotations

import argparse
import errno
import logging
import os
import signal
import socket
import sys
from collections.abc import Sequence
from contextlib import AbstractContextManager, ExitStack, closing
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

import yaml

from local.console_pages import with_console
from local.engine import create_tables, isolate, running_engine
from local.gateway import Gateway
from local.identity import Authorizer
from local.routing import Router
from local.runtime import Runtime
from local.sample_catalog import load_sample
from local.serving import Server, bind
from local.settings import Settings, StartupError, read_settings
from local.template import Template, parse_template
from local.wsgi import application

if TYPE_CHECKING:
    from wsgiref.types import WSGIApplication

TEMPLATE = Path(__file__).resolve().parent.parent / "template.yaml"

_TRY_PATH = "/v1/tenants/local/agents/support/revisions/1/draft"

# Libraries that talk while they work.
_QUIET = ("boto3", "botocore", "moto", "responses", "urllib3", "waitress", "werkzeug")


class _Stopped(BaseException):
    """A signal came before the server was ready."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run until SIGINT or SIGTERM; the exit status is 0 then, and 1 when the server cannot start."""
    parser = argparse.ArgumentParser(prog="python -m local.server", description=__doc__)
    parser.add_argument("--template", type=Path, default=TEMPLATE)
    options = parser.parse_args(arguments)
    try:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, _stop_early)
        return _run(options.template)
    except StartupError as error:
        print(f"Draftkeep cannot start: {error}", file=sys.stderr, flush=True)
        return 1
    except _Stopped:
        print("Draftkeep stopped before it was ready.", flush=True)
        return 0


def _stop_early(_number: int, _frame: FrameType | None) -> None:
    raise _Stopped


def _run(template_path: Path) -> int:
    settings = read_settings(os.environ)
    template = _read_template(template_path)
    with ExitStack() as stack:
        bound = stack.enter_context(closing(_bind(settings.port)))
        engine = stack.enter_context(_prepared_engine(settings.engine_url))
        create_tables(template.tables)
        _load_sample(template)
        runtime = Runtime(template.functions)
        runtime.load()
        gateway = Gateway(
            router=Router(template.routes),
            functions=runtime,
            authorizer=Authorizer(settings.auth_required, settings.jwt_secret),
            cors=template.cors,
        )
        server = _listen(application(with_console(gateway.answer)), bound)
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: server.ask_to_stop())
        _greet(f"http://127.0.0.1:{bound.getsockname()[1]}", engine, template, settings)
        server.run()
        print("Draftkeep stopped.", flush=True)
        if server.has_running_threads():
            # A handler that does not return must not meet the end of the interpreter half-way.
            os._exit(0)
    return 0


def _load_sample(template: Template) -> None:
    """Fill the catalog, where the template has one."""
    for table in template.tables:
        if table.name.endswith("CatalogTable"):
            load_sample(table.name)


def _read_template(path: Path) -> Template:
    try:
        return parse_template(path.read_text(encoding="utf-8"), os.environ)
    except (OSError, yaml.YAMLError) as error:
        raise StartupError(f"cannot read {path}: {error}") from error


def _bind(port: int) -> socket.socket:
    try:
        return bind(port)
    except OSError as error:
        raise _port_error(port, error) from error


def _listen(wsgi: WSGIApplication, bound: socket.socket) -> Server:
    port = bound.getsockname()[1]
    try:
        return Server(wsgi, bound)
    except OSError as error:
        raise _port_error(port, error) from error


def _port_error(port: int, error: OSError) -> StartupError:
    if error.errno == errno.EADDRINUSE:
        return StartupError(f"port {port} is taken by another program; choose another with PORT=")
    return StartupError(f"cannot listen on port {port}: {error.strerror}")


def _prepared_engine(url: str | None) -> AbstractContextManager[str]:
    isolate(os.environ)
    os.environ.setdefault("POWERTOOLS_METRICS_DISABLED", "true")
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(levelname)s %(message)s")
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.ERROR)
    return running_engine(url)


def _greet(url: str, engine: str, template: Template, settings: Settings) -> None:
    identity = (
        "a token is required (LOCAL_AUTH=required)"
        if settings.auth_required
        else "without a token you are user `dev`, of any tenant in a path (LOCAL_AUTH=off)"
    )
    draft = f"{url}{_TRY_PATH}"
    print(
        f"""\
Draftkeep, {len(template.routes)} routes on {url}
  engine    {engine}
  identity  {identity}; `make token` prints a token
  console   {url}/console
  reference {url}/docs
Save a draft, then read it:
  curl -X PUT {draft} -H 'Content-Type: application/json' -d '{{"comment": "my first draft"}}'
  curl {draft}
Draftkeep is ready on {url}""",
        flush=True,
    )


if __name__ == "__main__":
    sys.exit(main())
