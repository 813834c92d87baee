"""Write much in one journey to the database, where that is possible: it is journeys that take time.

What is written has its own values in every row: one statement a table, and all of them in one go. PostgreSQL gets the
rows of a statement as one JSON document. Elsewhere Django writes them, one after another.
"""

from __future__ import annotations

import datetime as dt
import functools
import json
import uuid
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import AutoField, F, Model

from .compiled import Asked


class _Write(NamedTuple):
    """One statement with its parameters, or what to do instead, which returns how many rows it wrote.

    least: how many rows it has to write.
    """

    sql: str = ""
    params: Sequence[Any] = ()
    instead: Callable[[], int] = lambda: 0
    least: int = 0


class Writes:
    """Writes that need no answer before all of them are made. Call inside a transaction; `send` makes them."""

    def __init__(self) -> None:
        self._writes: list[_Write] = []
        self._in_one = connection.vendor == "postgresql"

    def insert(self, rows: Sequence[Model], *, ignore_conflicts: bool = False) -> None:
        """Insert rows of one model. The primary keys that the database gives them are not told.

        ignore_conflicts: rows that are there already are left as they are.
        """
        if not rows:
            return
        if self._in_one:
            self._writes.append(_insert(rows, ignore_conflicts=ignore_conflicts))
        else:
            create = functools.partial(_rows_of(type(rows[0])).bulk_create, rows, ignore_conflicts=ignore_conflicts)
            self._writes.append(_Write(instead=lambda: len(create())))

    def change(
        self,
        model: type[Model],
        rows: Sequence[tuple[Any, Mapping[str, Any]]],
        *,
        only: Mapping[str, str] | None = None,
    ) -> None:
        """Set fields of rows, each given as its primary key and its new values by column name.

        Every row names the same columns. only: what has to stand in every one of the rows, by column.
        """
        if not rows:
            return
        least = len(rows) if only else 0
        if self._in_one:
            pk = str(model._meta.pk.column)  # noqa: SLF001 - documented API of Django
            keyed = [((key,), values) for key, values in rows]
            write = _update(model, keyed, by=[pk], assign='"{0}" = v."{0}"', only=only or {})
            self._writes.append(write._replace(least=least))
        else:
            found = _rows_of(model).filter(**(only or {}))
            self._writes.append(
                _Write(instead=lambda: sum(found.filter(pk=pk).update(**new) for pk, new in rows), least=least)
            )

    def add(
        self,
        model: type[Model],
        rows: Sequence[tuple[tuple[Any, ...], Mapping[str, int | Decimal]]],
        *,
        by: Sequence[str],
    ) -> None:
        """Add to fields of rows, each given as its values of the columns `by`, and what is added, by column name.

        Every row names the same columns.
        """
        if not rows:
            return
        if self._in_one:
            self._writes.append(_update(model, rows, by=by, assign='"{0}" = t."{0}" + v."{0}"', only={}))
        else:
            self._writes.append(
                _Write(instead=lambda: sum(_add_to(model, dict(zip(by, key, strict=True)), more) for key, more in rows))
            )

    def lock(self, rows: Asked) -> None:
        """Lock rows in their order. Where a transaction has the whole database there is nothing to do."""
        if self._in_one:
            self._writes.append(_Write(*rows.statement()))

    def send(self) -> None:
        """Make the writes in their order. Raises `RuntimeError` when a row did not hold what it had to."""
        if not self._writes:
            return
        if not self._in_one:
            for write in self._writes:
                _check(write, write.instead())
            return
        with connection.cursor() as cursor:
            # One journey for all of them; Django puts the parameters in before it sends.
            cursor.execute(
                "; ".join(write.sql for write in self._writes), [p for write in self._writes for p in write.params]
            )
            for write in self._writes:
                _check(write, cursor.rowcount)
                cursor.nextset()


def insert(rows: Sequence[Model], *, ignore_conflicts: bool = False) -> None:
    """See `Writes.insert`."""
    writes = Writes()
    writes.insert(rows, ignore_conflicts=ignore_conflicts)
    writes.send()


def change(model: type[Model], rows: Sequence[tuple[Any, Mapping[str, Any]]]) -> None:
    """See `Writes.change`."""
    writes = Writes()
    writes.change(model, rows)
    writes.send()


def _check(write: _Write, count: int) -> None:
    if count < write.least:
        raise RuntimeError(
            f"{write.least - count} of {write.least} rows were not as they had to be; nothing is written."
        )


def _rows_of(model: type[Model]) -> Any:
    return model._default_manager  # noqa: SLF001 - documented API of Django


def _add_to(model: type[Model], key: Mapping[str, Any], more: Mapping[str, int | Decimal]) -> int:
    found = _rows_of(model).filter(**key)
    added = {name: amount for name, amount in more.items() if amount}
    # SQLite adds decimals as floating-point numbers, so they are added here: nobody else writes meanwhile.
    exact = [name for name, amount in added.items() if isinstance(amount, Decimal)]
    present = (found.values(*exact).first() if exact else None) or {}
    values = {name: present.get(name, F(name)) + amount for name, amount in added.items()}
    return found.update(**values) if values else 0


# Names of tables and columns alone stand in the statements, and they are the models' own; values are parameters.


def _insert(rows: Sequence[Model], *, ignore_conflicts: bool) -> _Write:
    meta, types = rows[0]._meta, _types(type(rows[0]))  # noqa: SLF001 - documented API of Django
    fields = {str(field.column): field.attname for field in meta.concrete_fields if not isinstance(field, AutoField)}
    names = ", ".join(f'"{name}"' for name in fields)
    columns = ", ".join(f'"{name}" {types[name]}' for name in fields)
    conflict = " ON CONFLICT DO NOTHING" if ignore_conflicts else ""
    sql = (
        f'INSERT INTO "{meta.db_table}" ({names}) SELECT {names} '  # noqa: S608 # nosec B608
        f"FROM jsonb_to_recordset(%s::jsonb) AS v({columns}){conflict}"
    )
    return _Write(
        sql, [_document([{name: getattr(row, attribute) for name, attribute in fields.items()} for row in rows])]
    )


def _update(
    model: type[Model],
    rows: Sequence[tuple[tuple[Any, ...], Mapping[str, Any]]],
    *,
    by: Sequence[str],
    assign: str,
    only: Mapping[str, str],
) -> _Write:
    types = _types(model)
    names = tuple(rows[0][1])
    columns = [f'"by_{name}" {types[name]}' for name in by] + [f'"{name}" {types[name]}' for name in names]
    wanted = [f't."{name}" = v."by_{name}"' for name in by] + [f't."{name}" = %s' for name in only]
    sql = (
        f'UPDATE "{model._meta.db_table}" AS t '  # noqa: S608, SLF001 # nosec B608
        f"SET {', '.join(assign.format(name) for name in names)} "
        f"FROM jsonb_to_recordset(%s::jsonb) AS v({', '.join(columns)}) "
        f"WHERE {' AND '.join(wanted)}"
    )
    document = [{f"by_{name}": value for name, value in zip(by, key, strict=True)} | dict(new) for key, new in rows]
    return _Write(sql, [_document(document), *only.values()])


@functools.cache
def _types(model: type[Model]) -> dict[str, str]:
    """Return the type of each column as PostgreSQL calls it."""
    fields = model._meta.concrete_fields  # noqa: SLF001 - documented API of Django
    return {str(field.column): str(field.rel_db_type(connection)) for field in fields}


def _document(rows: list[dict[str, Any]]) -> str:
    """Return the rows as JSON. Raises `TypeError` for what no column holds, be it deep in a JSON value."""
    return json.dumps([{name: _plain(value) for name, value in row.items()} for row in rows])


def _plain(value: Any) -> Any:
    """Return what JSON has no word for as PostgreSQL reads it, and all else as it is."""
    if isinstance(value, uuid.UUID | Decimal):
        return str(value)
    if isinstance(value, dt.date):
        return value.isoformat()
    return value
