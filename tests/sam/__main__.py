"""The deployment in containers on this machine, for a person: `make sam-local`. Runs until Ctrl-C.

Lambda's own image is taken where it can be pulled, the stand-in elsewhere.
"""

from __future__ import annotations

import os
import subprocess
import sys

from tests.engine.dynamodb_local import DynamoDBLocalUnavailable
from tests.sam.image import ImageUnavailable, ensure
from tests.sam.stack import StackUnavailable, docker_daemon, engine, sam_local


def _image() -> str | None:
    """Lambda's own image (None), unless its registry cannot be reached."""
    wanted = os.environ.get("SAM_IMAGE", "")
    if wanted == "own":
        return None
    if not wanted:
        # The CLI knows the registry's name; asking it costs one short invocation that pulls.
        probe = [sys.executable, "-c", "import socket, sys; socket.create_connection((sys.argv[1], 443), 5)"]
        registry = subprocess.run(
            [".venv-sam/bin/python", "-c", _REGISTRY], capture_output=True, text=True, check=False
        ).stdout.strip()
        if registry and not subprocess.run([*probe, registry], capture_output=True, check=False).returncode:
            return None
    print("Lambda's own image cannot be pulled from here: making the stand-in (half a minute, once).", flush=True)
    return ensure()


_REGISTRY = "from samcli.local.docker.lambda_image import LambdaImage as i; print(i._INVOKE_REPO_PREFIX.split('/')[0])"


def main() -> int:
    """Serve until the process is interrupted."""
    port = int(os.environ.get("PORT", "3000"))
    try:
        with docker_daemon(), engine() as url, sam_local("start-api", url, _image(), port) as served:
            print(f"Draftkeep is ready in containers on http://127.0.0.1:{served.port}", flush=True)
            try:
                served.process.wait()
            except KeyboardInterrupt:
                print()
    except (StackUnavailable, ImageUnavailable, DynamoDBLocalUnavailable) as reason:
        print(f"sam local cannot run here: {reason}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
