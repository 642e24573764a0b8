"""What a process holds when it has started: nothing that takes long to load and may not be needed, names looked up aside."""

from __future__ import annotations

import subprocess
import sys

LOADED = "import sys; print(*sorted({name.partition('.')[0] for name in sys.modules}))"


def told(program: str) -> str:
    """What a fresh interpreter prints."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", program], capture_output=True, text=True, timeout=60, check=True
    )
    return done.stdout.strip()


def test_a_serving_process_holds_neither_a_resolver_nor_a_client_of_buckets() -> None:
    loaded = told(f"import wq.serving as s; [s.service_class(name) for name in s.SERVED]\n{LOADED}").split()
    assert "eventlet" in loaded
    assert not {"boto3", "botocore", "dns", "psycopg", "rich"} & set(loaded)


def test_the_command_holds_no_database_until_one_is_wanted() -> None:
    loaded = told(f"import wq.cli\n{LOADED}").split()
    assert "click" in loaded
    assert not {"sqlalchemy", "eventlet", "kombu"} & set(loaded)


def test_a_name_is_looked_up_while_others_take_turns() -> None:
    program = """
import wq.serving
import socket
import eventlet
turns = []
eventlet.spawn(turns.append, "taken")
for family, _, _, _, address in socket.getaddrinfo("127.0.0.1", 80, type=socket.SOCK_STREAM):
    print(address, turns)
"""
    assert told(program) == "('127.0.0.1', 80) ['taken']"


def test_a_name_that_nobody_knows_is_an_error_of_the_one_who_asked() -> None:
    program = """
import wq.serving
import socket
try:
    socket.create_connection(("name.invalid", 80))
except socket.gaierror as error:
    print("unknown", isinstance(error, OSError))
"""
    assert told(program) == "unknown True"
