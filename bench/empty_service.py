"""The reference for calls: stock nameko with one method that does nothing. `python -m bench.empty_service AMQP_URI`."""

# ruff: noqa: E402 - eventlet must patch the standard library before anything else imports it
import eventlet

eventlet.monkey_patch()

import sys
from typing import Any

from nameko.rpc import rpc
from nameko.runners import ServiceRunner


class Empty:
    """RPC service `empty`."""

    name = "empty"

    @rpc
    def nothing(self, payload: Any) -> Any:
        """An answer as long as a command's."""
        return {"id": payload["graduate_id"], "version": 1, "position": 1}


if __name__ == "__main__":
    runner = ServiceRunner({"AMQP_URI": sys.argv[1], "HEARTBEAT": 10, "max_workers": 10})
    runner.add_service(Empty)
    runner.start()
    runner.wait()
