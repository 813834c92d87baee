"""Queries that are compiled once, and read several in one journey to the database.

Django makes the SQL of a query anew each time it is asked, which for a small query takes longer than the asking. Those
that every call and every step asks are compiled once in a process.
"""

from __future__ import annotations

import copy
import inspect
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, ClassVar, NamedTuple

from django.db import connection
from django.db.models import Value
from django.db.models.query import QuerySet
from django.db.transaction import TransactionManagementError

Rows = list[tuple[Any, ...]]


class CompiledQuery:
    """Decorates a function that returns a query (`values_list`) for its parameters, each a value or, for `in`, several.

    What the function returns may depend on them in nothing but the values it filters by, none of which is None. On
    other databases than PostgreSQL the query is compiled as ever.
    """

    _all: ClassVar[list[CompiledQuery]] = []

    def __init__(self, build: Callable[..., QuerySet[Any, tuple[Any, ...]]]) -> None:
        self.build = build
        self._names = tuple(inspect.signature(build).parameters)
        self._compiled: _Compiled | None = None
        self._all.append(self)

    def __call__(self, **values: Any) -> Asked:
        """Return the query with its parameters. Raises `TypeError` unless they are those of the function."""
        if values.keys() != set(self._names):
            raise TypeError(f"The query takes {', '.join(self._names)}; it was given {', '.join(values)}.")
        return Asked(self, values)

    def compiled(self) -> _Compiled:
        if self._compiled is None:
            query = self.build(**{name: Value(_Blank(name)) for name in self._names}).query
            compiler = query.get_compiler(connection=connection)
            sql, params = compiler.as_sql()
            compiler.connection = None  # a thread's connection goes with its thread
            self._compiled = _Compiled(compiler, sql.split("%s"), params, locks=query.select_for_update)
        return self._compiled

    @classmethod
    def compile_all(cls) -> None:
        """Compile now what nobody has asked yet."""
        if connection.vendor == "postgresql":
            for query in cls._all:
                query.compiled()


class _Blank(NamedTuple):
    """Stands in a statement for a parameter."""

    name: str


class _Compiled(NamedTuple):
    """compiler: Django's, which turns rows into values. sql: the statement, cut where its parameters are.

    locks: whether it locks the rows it finds.
    """

    compiler: Any
    sql: Sequence[str]
    params: Sequence[Any]
    locks: bool


class Asked(NamedTuple):
    """A query with its parameters."""

    query: CompiledQuery
    values: Mapping[str, Any]

    def queryset(self) -> QuerySet[Any, tuple[Any, ...]]:
        return self.query.build(**self.values)

    def statement(self) -> tuple[str, list[Any]]:
        """Return the SQL, a placeholder for each value, and the values.

        Raises `TransactionManagementError` where it locks rows outside a transaction, as Django does.
        """
        _, (first, *pieces), params, locks = self.query.compiled()
        if locks and connection.get_autocommit():
            raise TransactionManagementError("Rows are locked within a transaction only.")
        sql, given = [first], []
        for param, piece in zip(params, pieces, strict=True):
            value = self.values[param.name] if isinstance(param, _Blank) else param
            if isinstance(param, _Blank) and isinstance(value, Collection) and not isinstance(value, str):
                several = [*value] or [None]  # in none of them, as nothing is in NULL
                sql.append(f"({', '.join(['%s'] * len(several))})")
                given += several
            else:
                sql.append("%s")
                given.append(value)
            sql.append(piece)
        return "".join(sql), given


def read(*asked: Asked) -> list[Rows]:
    """Return the rows of each query, asked in their order: one that locks does so before the next."""
    if connection.vendor != "postgresql":
        return [list(one.queryset()) for one in asked]
    statements = [one.statement() for one in asked]
    found: list[Rows] = []
    with connection.cursor() as cursor:
        cursor.execute("; ".join(sql for sql, _ in statements), [value for _, given in statements for value in given])
        for one in asked:
            compiler = copy.copy(one.query.compiled().compiler)
            compiler.connection = connection
            found.append(list(compiler.results_iter([cursor.fetchall()], tuple_expected=True)))
            cursor.nextset()
    return found
