"""Alembic's door: runs the migrations on the connection which `wq migrate` hands over."""

from alembic import context

connection = context.config.attributes["connection"]
context.configure(connection=connection, version_table_schema="eventlog")
with context.begin_transaction():
    context.run_migrations()
