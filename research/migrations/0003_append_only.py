"""The database itself refuses to change what is append-only.

UPDATE is refused on both databases. DELETE is refused on PostgreSQL alone: SQLite's test flush is a DELETE, and there
a removed event is found by the hash chain (`manage.py verify_audit`).
"""

from django.db import migrations

TABLES = [
    "research_event",
    "research_decision",
    "research_signature",
    "research_evidence",
    "research_claimrevision",
    "research_assessment",
    "research_extractedtext",
]
# The one column of extracted texts that moves: its place in the search feed.
MUTABLE = {"research_extractedtext": ["feed_seq"]}


def _columns(schema_editor, table):
    with schema_editor.connection.cursor() as cursor:
        found = schema_editor.connection.introspection.get_table_description(cursor, table)
    return [column.name for column in found if column.name not in MUTABLE.get(table, [])]


def protect(schema_editor, table):
    """Refuse changes of every column `table` has now. A migration that adds one unprotects before and protects after."""
    vendor = schema_editor.connection.vendor
    columns = ", ".join(f'"{name}"' for name in _columns(schema_editor, table))
    if vendor == "sqlite":
        schema_editor.execute(
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OF {columns} ON {table} "
            f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        )
    elif vendor == "postgresql":
        schema_editor.execute(
            f"CREATE OR REPLACE FUNCTION {table}_append_only() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN RAISE EXCEPTION '{table} is append-only' USING ERRCODE = 'integrity_constraint_violation'; "
            f"END $$"
        )
        schema_editor.execute(
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OF {columns} OR DELETE ON {table} "
            f"FOR EACH ROW EXECUTE FUNCTION {table}_append_only()"
        )


def unprotect(schema_editor, table):
    on_table = f" ON {table}" if schema_editor.connection.vendor == "postgresql" else ""
    schema_editor.execute(f"DROP TRIGGER IF EXISTS {table}_append_only{on_table}")
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(f"DROP FUNCTION IF EXISTS {table}_append_only()")


def forwards(apps, schema_editor):
    for table in TABLES:
        protect(schema_editor, table)


def backwards(apps, schema_editor):
    for table in TABLES:
        unprotect(schema_editor, table)


class Migration(migrations.Migration):
    dependencies = [("research", "0002_groups_and_feed")]

    operations = [migrations.RunPython(forwards, backwards)]
