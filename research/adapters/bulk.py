"""Write many rows, each with its own values, by one statement where the database can."""

from __future__ import annotations

import datetime as dt
import functools
import json
import uuid
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.db import connection
from django.db.models import AutoField, F, Model


def insert(rows: Sequence[Model], *, ignore_conflicts: bool = False) -> None:
    """Insert rows of one model. The primary keys that the database gives them are not told.

    ignore_conflicts: rows that are there already are left as they are.
    """
    if not rows:
        return
    model = type(rows[0])
    if connection.vendor != "postgresql":
        model._default_manager.bulk_create(rows, ignore_conflicts=ignore_conflicts)  # noqa: SLF001 - documented API of Django
        return
    types = _types(model)
    fields = [field for field in model._meta.concrete_fields if not isinstance(field, AutoField)]  # noqa: SLF001 - see above
    names = ", ".join(f'"{field.column}"' for field in fields)
    columns = ", ".join(f'"{field.column}" {types[field.column]}' for field in fields)
    statement = (
        f'INSERT INTO "{model._meta.db_table}" ({names}) SELECT {names} '  # noqa: S608, SLF001 # nosec B608 - as below
        f"FROM jsonb_to_recordset(%s::jsonb) AS v({columns})"
        + (" ON CONFLICT DO NOTHING" if ignore_conflicts else "")
    )
    document = [{field.column: getattr(row, field.attname) for field in fields} for row in rows]
    with connection.cursor() as cursor:
        cursor.execute(statement, [json.dumps(document, default=_plain)])


def change(
    model: type[Model], rows: Sequence[tuple[Any, Mapping[str, Any]]], *, only: Mapping[str, str] | None = None
) -> int:
    """Set fields of rows, each given as its primary key and its new values by column name. Return how many changed.

    Every row names the same columns. only: what must stand in a row for it to be changed, by column.
    """
    if not rows:
        return 0
    if connection.vendor == "postgresql":
        return _in_one(model, rows, assign='"{0}" = v."{0}"', only=only or {})
    return sum(model._default_manager.filter(pk=pk, **(only or {})).update(**values) for pk, values in rows)  # noqa: SLF001 - documented API of Django


def add(model: type[Model], rows: Sequence[tuple[Any, Mapping[str, int | Decimal]]]) -> int:
    """Add to fields of rows, each given as its primary key and what is added, by column name. Return how many changed.

    Every row names the same columns.
    """
    if not rows:
        return 0
    if connection.vendor == "postgresql":
        return _in_one(model, rows, assign='"{0}" = t."{0}" + v."{0}"', only={})
    return sum(
        model._default_manager.filter(pk=pk).update(**{name: F(name) + more for name, more in values.items() if more})  # noqa: SLF001 - see above
        for pk, values in rows
        if any(values.values())
    )


def _in_one(
    model: type[Model], rows: Sequence[tuple[Any, Mapping[str, Any]]], *, assign: str, only: Mapping[str, str]
) -> int:
    """Change the rows by one statement, fed by one JSON document; their names are the model's own, never data."""
    meta, types = model._meta, _types(model)  # noqa: SLF001 - documented API of Django
    names = tuple(rows[0][1])
    columns = ", ".join(f'"{name}" {types[name]}' for name in names)
    changes = ", ".join(assign.format(name) for name in names)
    wanted = "".join(f' AND t."{name}" = %s' for name in only)
    statement = (
        # Names of tables and columns alone stand in it; values are parameters.
        f'UPDATE "{meta.db_table}" AS t SET {changes} '  # noqa: S608 # nosec B608
        f"FROM jsonb_to_recordset(%s::jsonb) AS v(pk_ {types[meta.pk.column]}, {columns}) "
        f'WHERE t."{meta.pk.column}" = v.pk_{wanted}'
    )
    document = json.dumps([{"pk_": pk, **values} for pk, values in rows], default=_plain)
    with connection.cursor() as cursor:
        cursor.execute(statement, [document, *only.values()])
        return int(cursor.rowcount)


@functools.cache
def _types(model: type[Model]) -> dict[str, str]:
    """Return the type of each column as PostgreSQL calls it."""
    fields = model._meta.concrete_fields  # noqa: SLF001 - documented API of Django
    return {field.column: str(field.rel_db_type(connection)) for field in fields}


def _plain(value: object) -> str:
    """Return what JSON has no word for as PostgreSQL reads it. Raises `TypeError` for what no column holds."""
    if isinstance(value, uuid.UUID | Decimal):
        return str(value)
    if isinstance(value, dt.date):
        return value.isoformat()
    raise TypeError(f"No column holds a {type(value).__name__}.")
