"""An emulator of AWS for as long as a test needs it, and stacks that `sam deploy` makes in it."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import botocore.session
from botocore.config import Config

from tests.tales import FUNCTIONS, Answer

ROOT = Path(__file__).resolve().parents[2]
SAM = ROOT / ".venv-sam" / "bin" / "sam"
LINT = ROOT / ".venv-sam" / "bin" / "cfn-lint"
PYTHON = ROOT / ".venv-deploy" / "bin" / "python"
BUILT = ROOT / ".aws-sam" / "build" / "template.yaml"
REGION = "us-east-1"
_READY_S, _STOP_S, _COMMAND_S = 120, 30, 600
_INTEGRATION = "x-amazon-apigateway-integration"


class EmulatorUnavailable(RuntimeError):
    """The emulator does not start; the message says why."""


@dataclass(frozen=True)
class Emulator:
    """AWS, as far as it is emulated, at one address."""

    url: str

    def client(self, service: str) -> Any:
        """A client of one service; a call is made once."""
        config = Config(read_timeout=120, retries={"max_attempts": 0}, parameter_validation=True)
        return botocore.session.get_session().create_client(
            service,
            region_name=REGION,
            endpoint_url=self.url,
            aws_access_key_id="test",
            aws_secret_access_key="test",
            config=config,
        )

    def upload(self, name: str, text: str) -> str:
        """Put a text where CloudFormation can read it; returns its address."""
        client = self.client("s3")
        client.create_bucket(Bucket="rehearsal")
        client.put_object(Bucket="rehearsal", Key=name, Body=text.encode())
        return f"{self.url}/rehearsal/{name}"

    def sam(self, command: str, *arguments: str) -> str:
        """Run a command of the SAM CLI; returns what it printed. Raises: AssertionError when it fails"""
        environment = _without_aws() | {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_DEFAULT_REGION": REGION,
            "SAM_CLI_TELEMETRY": "0",
            # How often it asks how far CloudFormation is.
            "SAM_CLI_POLL_DELAY": "0.5",
        }
        done = subprocess.run(
            [str(SAM), command, *arguments],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=_COMMAND_S,
        )
        assert done.returncode == 0, f"sam {command}:\n{done.stdout[-3000:]}{done.stderr[-3000:]}"
        return done.stdout + done.stderr


@contextmanager
def emulator(folder: Path) -> Iterator[Emulator]:
    """Run the emulator on a free port of 127.0.0.1 until the context ends.

    folder: where it keeps its files
    Raises: EmulatorUnavailable
    """
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    places = {"TMPDIR": folder, "S3_DATA_DIR": folder / "s3", "STATE_DIR": folder / "state"}
    environment = _without_aws() | {
        "BIND_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(port),
        "MINISTACK_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "PYTHONPATH": str(ROOT),
        **{name: str(place) for name, place in places.items()},
    }
    with (folder / "emulator.log").open("w+b") as log:
        process = subprocess.Popen(
            [str(PYTHON), "-m", "tests.deploy.emulator"],
            cwd=folder,
            env=environment,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        try:
            until = time.monotonic() + _READY_S
            while not _listens(port):
                if process.poll() is not None or time.monotonic() > until:
                    log.seek(0)
                    raise EmulatorUnavailable(log.read()[-3000:].decode(errors="replace"))
                time.sleep(0.2)
            yield Emulator(f"http://127.0.0.1:{port}")
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(_STOP_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(_STOP_S)


def _without_aws() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "SAM_", "MAKE"))}


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def where_it_listens(process_port: int) -> set[str]:
    """The addresses (as /proc/net/tcp spells them) that something listens on at a port."""
    rows = [line.split() for name in ("tcp", "tcp6") for line in Path(f"/proc/net/{name}").read_text().splitlines()[1:]]
    own = f"{process_port:04X}"
    return {row[1].split(":")[0] for row in rows if row[3] == "0A" and row[1].split(":")[1] == own}


@dataclass(frozen=True)
class Stack:
    """A deployed stack, as it is at the moment of the first question."""

    emulator: Emulator
    name: str

    @cached_property
    def outputs(self) -> dict[str, str]:
        [stack] = self.emulator.client("cloudformation").describe_stacks(StackName=self.name)["Stacks"]
        return {one["OutputKey"]: one["OutputValue"] for one in stack["Outputs"]}

    @cached_property
    def resources(self) -> dict[str, str]:
        """Physical ids by logical ids."""
        pages = self.emulator.client("cloudformation").get_paginator("list_stack_resources")
        return {
            one["LogicalResourceId"]: one["PhysicalResourceId"]
            for page in pages.paginate(StackName=self.name)
            for one in page["StackResourceSummaries"]
        }

    @cached_property
    def template(self) -> dict[str, Any]:
        """What the transforms made of the template."""
        cloudformation = self.emulator.client("cloudformation")
        body = cloudformation.get_template(StackName=self.name, TemplateStage="Processed")["TemplateBody"]
        found: dict[str, Any] = json.loads(body) if isinstance(body, str) else json.loads(json.dumps(body))
        return found

    @property
    def definition(self) -> dict[str, Any]:
        """The generated definition of the HTTP API: OpenAPI, with the gateway's integrations."""
        found: dict[str, Any] = self.template["Resources"]["HttpApi"]["Properties"]["Body"]
        return found

    def operations(self) -> dict[str, dict[str, Any]]:
        """The operations of the definition, by route key."""
        paths: Mapping[str, Mapping[str, Any]] = self.definition["paths"]
        return {f"{method.upper()} {path}": one for path, methods in paths.items() for method, one in methods.items()}

    def integrated(self, route: str) -> str:
        """The logical id of what the definition calls for a route: an alias."""
        uri = self.operations()[route][_INTEGRATION]["uri"]["Fn::Sub"]
        [found] = re.findall(r"functions/\$\{(\w+)\}/invocations$", uri)
        return str(found)

    def send(self, sent: dict[str, Any]) -> Answer:
        """Have the function that the definition names for an event's route answer it."""
        return Answer.of_function(self.invoke(self.integrated(sent["routeKey"]), sent))

    def invoke(self, alias: str, sent: dict[str, Any]) -> dict[str, Any]:
        client = self.emulator.client("lambda")
        answered = client.invoke(FunctionName=self.resources[alias], Payload=json.dumps(sent))
        found: dict[str, Any] = json.loads(answered["Payload"].read())
        return found

    def live(self) -> dict[str, dict[str, Any]]:
        """The configuration that each function's alias leads to now, by the function's logical id."""
        client = self.emulator.client("lambda")
        return {
            name: client.get_function_configuration(FunctionName=self.resources[name], Qualifier="live")
            for name in {*FUNCTIONS.values(), "SweepFunction"}
        }
