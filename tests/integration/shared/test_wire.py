"""What docs/wire.md says is what services do: its own code runs, and a stock nameko client is answered too."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from uuid import uuid4

import pytest

from shared.broker import open_connection
from shared.topology import event_queue
from tests.support.amqp_world import BOUND_SECONDS, World, a_counter
from wq.composition import TELLING

PAGE = (Path(__file__).parents[3] / "docs" / "wire.md").read_text()
TYPE = "directory.ProvinceSettingsChanged"
QUEUE = f"example.{TYPE}"

STOCK_CLIENT = """
import json, os, sys
import eventlet
eventlet.monkey_patch()
from nameko.exceptions import RemoteError
from nameko.standalone.rpc import ClusterRpcProxy

context = {"principal": os.environ["PRINCIPAL"], "command_id": os.environ["COMMAND_ID"]}
with ClusterRpcProxy({"AMQP_URI": os.environ["AMQP_URI"]}, timeout=30, context_data=context) as services:
    counter = os.environ["COUNTER"]
    answers = [services.counter.count({"counter": counter, "by": 3}) for _ in range(2)]
    answers.append(services.counter.get_total({"counter": counter}))
    try:
        services.counter.fail({"kind": "Refused"})
    except RemoteError as error:
        answers.append([error.exc_type, error.value])
print(json.dumps(answers))
"""


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


def run(program: str, world: World, **environ: str) -> str:
    given = {**os.environ, "AMQP_URI": world.amqp_uri, "PRINCIPAL": world.token(), **environ}
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", program],
        env=given,
        capture_output=True,
        text=True,
        timeout=2 * BOUND_SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_pages_program_calls_and_subscribes(world: World) -> None:
    world.serve("directory", module="wq.serving")
    try:
        with world.publishing((), TELLING):
            run("\n".join(blocks("python")), world)
    finally:
        with open_connection(world.amqp_uri) as connection:
            for queue in (QUEUE, f"{QUEUE}.dead"):
                connection.channel().queue_delete(queue)


def test_the_pages_queue_is_the_platforms_queue() -> None:
    (arguments,) = [json.loads(block.replace("<consumer>.<type>", QUEUE)) for block in blocks("json")]
    assert arguments == event_queue("example", TYPE).queue_arguments


def test_a_stock_nameko_client_is_answered(world: World) -> None:
    world.serve("counter")
    counter = a_counter()
    printed = run(STOCK_CLIENT, world, COUNTER=counter, COMMAND_ID=str(uuid4()))
    first, again, total, refused = json.loads(printed)
    assert first == again == {"id": counter, "version": 1, "position": 1}
    assert total["total"] == 3
    assert refused == ["Refused", "counter.failed [kind]: 不行 / No"]


@pytest.mark.parametrize("name", ["principal", "command_id", "correlation_id", "deadline"])
def test_the_page_names_every_header(name: str) -> None:
    assert f"`nameko.{name}`" in PAGE
