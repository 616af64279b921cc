"""What `sam local` needs round it: a Docker daemon, the built deployment, an engine with the tables, an image.

The containers reach the engine on the host by the address of Docker's own bridge.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import botocore.session
from botocore.config import Config

from local.engine import isolate
from local.sample_catalog import load_sample
from local.template import TABLE_PREFIX, parse_template
from tests.engine.dynamodb_local import dynamodb_local

ROOT = Path(__file__).resolve().parents[2]
SAM = ROOT / ".venv-sam" / "bin" / "sam"
_DAEMON_S, _READY_S, _STOP_S = 60, 300, 30
_ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "local",
    "AWS_SECRET_ACCESS_KEY": "local",
    "AWS_DEFAULT_REGION": "us-east-1",
    "SAM_CLI_TELEMETRY": "0",
}


class StackUnavailable(RuntimeError):
    """`sam local` cannot run here; the message says what is missing."""


@contextmanager
def docker_daemon() -> Iterator[None]:
    """A Docker daemon: the one that runs, or one of our own for as long as the context lasts.

    Raises: StackUnavailable
    """
    if _answers():
        yield
        return
    daemon = shutil.which("dockerd") or shutil.which("dockerd", path="/usr/sbin:/sbin")
    if daemon is None:
        raise StackUnavailable("no Docker daemon answers, and there is none to start (Debian: apt install docker.io)")
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen([daemon], stdout=log, stderr=subprocess.STDOUT)
        try:
            until = time.monotonic() + _DAEMON_S
            while not _answers():
                if process.poll() is not None or time.monotonic() > until:
                    log.seek(0)
                    raise StackUnavailable(f"dockerd does not start:\n{log.read()[-2000:].decode(errors='replace')}")
                time.sleep(0.5)
            yield
        finally:
            process.terminate()
            process.wait(_STOP_S)


def _answers() -> bool:
    docker = shutil.which("docker")
    return docker is not None and not subprocess.run([docker, "info"], capture_output=True, check=False).returncode


def bridge_address() -> str:
    """The host's address on Docker's default bridge."""
    command = ["docker", "network", "inspect", "bridge", "--format", "{{json (index .IPAM.Config 0)}}"]
    network = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    # A bridge that Docker numbered itself names no gateway: it is the first address.
    return str(network.get("Gateway") or ip_network(network["Subnet"])[1])


@contextmanager
def engine() -> Iterator[str]:
    """DynamoDB Local with the tables under the names that `sam local` gives them, and the sample catalog.

    Yields: its address as the containers reach it
    """
    isolate(os.environ)
    with dynamodb_local() as url:
        os.environ["AWS_ENDPOINT_URL_DYNAMODB"] = url
        try:
            # Waits longer than the service's own: an engine that has just started is slow at first.
            patient = Config(read_timeout=_DAEMON_S, retries={"max_attempts": 0})
            client: Any = botocore.session.get_session().create_client("dynamodb", config=patient)
            for table in parse_template((ROOT / "template.yaml").read_text()).tables:
                client.create_table(TableName=table.name.removeprefix(TABLE_PREFIX), **table.definition)
            load_sample("CatalogTable")
        finally:
            del os.environ["AWS_ENDPOINT_URL_DYNAMODB"]
        yield f"http://{bridge_address()}:{url.rpartition(':')[2]}"


@dataclass
class SamLocal:
    """A command of `sam local` that serves: its port, and what it printed."""

    port: int
    process: subprocess.Popen[bytes]
    output: list[str] = field(default_factory=list)


def arguments(engine_url: str, image: str | None) -> list[str]:
    """What every command of `sam local` is given. image: None takes Lambda's own, which is pulled"""
    own = ["--skip-pull-image", "--invoke-image", image] if image else []
    return [*own, "--parameter-overrides", f"DynamoDbEndpoint={engine_url}"]


@contextmanager
def sam_local(command: str, engine_url: str, image: str | None, port: int = 0) -> Iterator[SamLocal]:
    """Run `sam local start-api` or `start-lambda`, with a warm container for each function, until the context ends.

    port: 0 takes a free one
    Raises: StackUnavailable
    """
    if not port:
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
    line = [str(SAM), "local", command, "--host", "127.0.0.1", "--port", str(port), "--warm-containers", "EAGER"]
    before = containers()
    process = subprocess.Popen(
        [*line, *arguments(engine_url, image)],
        cwd=ROOT,
        env=os.environ | _ENVIRONMENT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    served, ready = SamLocal(port, process), threading.Event()
    reader = threading.Thread(target=_read, args=(served, ready), daemon=True)
    reader.start()
    try:
        if not ready.wait(_READY_S) or process.poll() is not None:
            raise StackUnavailable(f"sam local {command} does not start:\n{''.join(served.output)[-4000:]}")
        yield served
    finally:
        process.terminate()
        try:
            process.wait(_STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()
        reader.join(5)
        # The CLI leaves some when it is told to end.
        if left := containers() - before:
            subprocess.run(["docker", "rm", "--force", *left], capture_output=True, check=False)


def _read(served: SamLocal, ready: threading.Event) -> None:
    assert served.process.stdout
    for line in served.process.stdout:
        text = line.decode(errors="replace")
        served.output.append(text)
        if "Running on http" in text:
            ready.set()
    ready.set()


def containers() -> set[str]:
    """The ids of the containers that `sam local` holds, of all its commands."""
    command = ["docker", "ps", "--all", "--quiet", "--no-trunc", "--filter", "label=sam.cli.container.type=lambda"]
    return set(subprocess.run(command, capture_output=True, text=True, check=False).stdout.split())


def invoke(function: str, event: Path, engine_url: str, image: str | None) -> dict[str, object]:
    """Send one event with `sam local invoke`, in a process and a container of its own; returns the answer.

    Raises: StackUnavailable
    """
    command = [str(SAM), "local", "invoke", function, "--event", str(event), *arguments(engine_url, image)]
    environment = os.environ | _ENVIRONMENT
    try:
        done = subprocess.run(
            command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=_READY_S
        )
    except subprocess.TimeoutExpired as late:
        raise StackUnavailable(f"sam local invoke {function} does not end:\n{(late.stderr or b'')[-4000:]!r}") from None
    try:
        answer: dict[str, object] = json.loads(done.stdout)
    except ValueError:
        raise StackUnavailable(f"sam local invoke {function}:\n{done.stdout}{done.stderr[-4000:]}") from None
    return answer
