"""Statistics of a province over AMQP, from the tables and from the cube. Reference: the same SELECT in psql."""

from __future__ import annotations

import time
from datetime import date
from functools import partial
from typing import Any

from sqlalchemy import event

from bench.figures import Direction, Figure, percentile, rounds
from bench.projecting import caught_up
from bench.seeding import CLASS_YEAR
from bench.world import World, issuer, plain_engine, psql, running
from services.stats.queries import count_graduates
from shared.access import Role, scope_path
from shared.calling import Call, Caller
from shared.messages import Actor

PROVINCE = "41"
AS_OF = date(2026, 6, 30)
QUERIES = {
    "school × education × code (cube)": ("school", "education", "code"),
    "code × unit nature × sex": ("code", "unit_nature", "sex"),
    "school × department × code × industry": ("school", "department", "code", "industry"),
}
ASKED = 5


def measure(world: World) -> list[Figure]:
    """Milliseconds of each query, asked one after another."""
    caught_up(world.big)
    url = world.big.environment["DATABASE_URL"]
    graduates = int(psql_value(url, f"SELECT count(*) FROM stats.graduates WHERE province = '{PROVINCE}'"))
    figures = []
    with running(world.big, ("serve", ["stats"])), Caller(world.big.environment["AMQP_URI"]) as caller:
        token = issuer(world.big).token(Actor(Role.PROVINCE, "bench", scope_path(PROVINCE)))
        for name, by in QUERIES.items():
            statement = _statement(url, by)
            call = Call(
                "stats.count_graduates",
                {
                    "scope": scope_path(PROVINCE),
                    "class_year": CLASS_YEAR,
                    "as_of": AS_OF.isoformat(),
                    "by": list(by),
                    "include_completion": True,
                },
                token,
            )
            found = rounds(
                world.size.rounds,
                {
                    "ours": partial(_asked, caller, call),
                    "psql": partial(_in_psql, url, statement),
                },
            )
            figures.append(
                Figure(
                    f"statistics of {graduates:,} graduates",
                    name,
                    found["ours"],
                    "ms",
                    1.5,
                    Direction.AT_MOST,
                    found["psql"],
                    "ms psql",
                )
            )
    return figures


def psql_value(url: str, statement: str) -> Any:
    """One value of the database."""
    with plain_engine(url, pool_size=1).connect() as connection:
        return connection.exec_driver_sql(statement).scalar_one()


def _asked(caller: Caller, call: Call) -> float:
    seconds = []
    for _ in range(ASKED):
        started = time.perf_counter()
        caller.call(call)
        seconds.append(time.perf_counter() - started)
    return percentile(seconds, 0.5) * 1000


def _in_psql(url: str, statement: str) -> float:
    return percentile(psql(url, statement, ASKED), 0.5)


def _statement(url: str, by: tuple[str, ...]) -> str:
    """The very SQL the service sends, with its values written in."""
    engine = plain_engine(url, "stats", 1)
    sent: list[tuple[str, Any]] = []

    @event.listens_for(engine, "before_cursor_execute")
    def _keep(connection: Any, cursor: Any, statement: str, parameters: Any, context: Any, many: bool) -> None:
        sent.append((statement, parameters))

    with engine.connect() as connection:
        count_graduates(connection, scope_path(PROVINCE), CLASS_YEAR, AS_OF, by, include_completion=True)
    engine.dispose()
    statement, parameters = sent[-1]
    return "SET search_path = stats;\n" + statement % {name: _literal(value) for name, value in parameters.items()}


def _literal(value: Any) -> str:
    if isinstance(value, list):
        return f"ARRAY[{', '.join(_literal(each) for each in value)}]"
    return str(value) if isinstance(value, int) else f"'{value}'"
