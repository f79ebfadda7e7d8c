"""Tables of pandas and polars as values that can cross, without importing either.

A table becomes its columns' names and its rows, each an object: `{ columns, rows }`. What is not
there (NaN in pandas, NaT, NA, null) is `null`. A table that is too large is refused rather than
cut: a program would compute with a part of it and not know.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

from typing_extensions import TypedDict

__all__ = ["Table", "from_table", "is_missing", "is_table_class", "is_tabular"]

_MOST_ROWS: Final = 100_000
_MOST_COLUMNS: Final = 10_000
_MOST_CELLS: Final = 1_000_000

_TABLES: Final = frozenset({("pandas", "DataFrame"), ("polars", "DataFrame")})
_TABULAR: Final = _TABLES | {
    ("pandas", "ExtensionArray"),
    ("pandas", "Index"),
    ("pandas", "Interval"),
    ("pandas", "Period"),
    ("pandas", "Series"),
    ("polars", "LazyFrame"),
    ("polars", "Series"),
}
_MISSING: Final = frozenset({("pandas", "NAType"), ("pandas", "NaTType")})


class Table(TypedDict):
    """A table as programs get it.

    Attributes:
        columns: The names of its columns.
        rows: Its rows, by the names of the columns.
    """

    columns: list[str]
    rows: list[dict[str, Any]]


def is_table_class(annotation: object) -> bool:
    """Whether a type is one of tables."""
    return isinstance(annotation, type) and _known(annotation) in _TABLES


def is_tabular(kind: type) -> bool:
    """Whether values of a type are tables, or columns of tables."""
    return _known(kind) is not None


def is_missing(kind: type) -> bool:
    """Whether a type is that of pandas' values for what is not there."""
    return (kind.__module__.partition(".")[0], kind.__name__) in _MISSING


def from_table(value: Any) -> Any:
    """A table, or a column or an index of one, as a value of a simpler type.

    Raises:
        Exception: It is too large, or its own code raises.
    """
    match _known(type(value)):
        case ("pandas", "DataFrame"):
            _check_size(value.shape)
            columns = [value.iloc[:, number] for number in range(value.shape[1])]
            return _table(value.index, value.columns, columns)
        case ("pandas", "Series"):
            _check_size(value.shape)
            return _from_series(value)
        case ("pandas", "Interval" | "Period"):
            return str(value)
        case ("pandas", _):
            _check_size(value.shape)
            return _cells(value)
        case ("polars", "LazyFrame"):
            raise ValueError("it is lazy; have the tool `collect()` it")
        case ("polars", "Series"):
            _check_size((len(value),))
            return value.to_list()
        case _:
            _check_size(value.shape)
            names = list(value.columns)
            return Table(columns=names, rows=_records(names, value.rows()))


def _known(kind: type) -> tuple[str, str] | None:
    """Which of the known classes a type is, or is derived from."""
    for base in kind.__mro__:
        named = (base.__module__.partition(".")[0], base.__name__)
        if named in _TABULAR:
            return named
    return None


def _check_size(shape: Sequence[int]) -> None:
    rows, columns = shape[0], shape[1] if len(shape) > 1 else 1
    if rows > _MOST_ROWS or columns > _MOST_COLUMNS or rows * columns > _MOST_CELLS:
        raise ValueError(
            f"it has {rows:,} rows and {columns:,} columns, more than {_MOST_ROWS:,} rows, "
            f"{_MOST_COLUMNS:,} columns or {_MOST_CELLS:,} cells; have the tool select or aggregate"
        )


def _from_series(series: Any) -> Any:
    """A row is an object, a column a list; a column with an index that says something, a table."""
    index = series.index
    if not _says_something(index):
        return _cells(series)
    labels = index.tolist()
    if index.is_unique and all(type(label) is str for label in labels):
        return dict(zip(labels, _cells(series), strict=True))
    name = "value" if series.name is None else series.name
    return _table(index, [name], [series])


def _says_something(index: Any) -> bool:
    """Whether an index is more than the numbers of the rows."""
    return index.nlevels > 1 or index.name is not None or index.dtype.kind not in "iu"


def _table(index: Any, labels: Iterable[Any], columns: Sequence[Any]) -> Table:
    names, some = [*labels], [*columns]
    if _says_something(index):
        levels = [index.get_level_values(number) for number in range(index.nlevels)]
        unnamed = ["index"] if index.nlevels == 1 else [f"level_{n}" for n in range(index.nlevels)]
        given = zip(index.names, unnamed, strict=True)
        names = [other if name is None else name for name, other in given] + names
        some = levels + some
    texts = _distinct(map(_label, names))
    rows = zip(*map(_cells, some), strict=True) if some else [()] * len(index)
    return Table(columns=texts, rows=_records(texts, rows))


def _records(names: Sequence[str], rows: Iterable[Sequence[Any]]) -> list[dict[str, Any]]:
    return [dict(zip(names, row, strict=True)) for row in rows]


def _cells(column: Any) -> list[Any]:
    """The values of a column or an index, as plain Python values where there are such."""
    missing = column.isna()
    values: list[Any] = column.tolist()
    return [None if gone else value for value, gone in zip(values, missing, strict=True)]


def _label(label: Any) -> str:
    return ".".join(filter(None, map(str, label))) if isinstance(label, tuple) else str(label)


def _distinct(names: Iterable[str]) -> list[str]:
    """Names of which no two are the same: a row would lose a cell."""
    taken: dict[str, int] = {}
    for name in names:
        free = name
        while free in taken:
            taken[name] += 1
            free = f"{name}_{taken[name]}"
        taken[free] = 1
    return list(taken)
