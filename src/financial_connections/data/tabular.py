"""Base classes of what can be converted to a table."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

from attrs import field, frozen

from financial_connections import data
from financial_connections._decoding.turns import run_in_thread

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd  # pyright: ignore[reportMissingImports]
    import polars as pl  # pyright: ignore[reportMissingImports]
    import pyarrow as pa

    from financial_connections._decoding import Model


class Tabular(ABC):
    """Methods of pages and batches that return their items as a table.

    The columns depend only on the class of the items. Libraries that accept Arrow data
    can also read a page or a batch directly, for example `polars.DataFrame(page)`.
    """

    __slots__ = ()

    @abstractmethod
    def _rows(self) -> Rows:
        """Return the items and their class."""

    def records(self) -> list[dict[str, Any]]:
        """Return a dict for each item, all with the same keys.

        Times are `datetime`s in UTC, and each `amount` is followed by an
        `amount_decimal`.
        """
        rows = self._rows()
        return data.records(rows.items, model=rows.model)

    def to_arrow(self) -> pa.Table:
        """Return the items as a `pyarrow.Table`.

        Raises:
            ConfigurationError: pyarrow is not installed.
        """
        rows = self._rows()
        return data.to_arrow(rows.items, model=rows.model)

    def to_pandas(self) -> pd.DataFrame:
        """Return the items as a `pandas.DataFrame`.

        Raises:
            ConfigurationError: pyarrow or pandas is not installed.
        """
        rows = self._rows()
        return data.to_pandas(rows.items, model=rows.model)

    def to_polars(self) -> pl.DataFrame:
        """Return the items as a `polars.DataFrame`.

        Raises:
            ConfigurationError: pyarrow or polars is not installed.
        """
        rows = self._rows()
        return data.to_polars(rows.items, model=rows.model)

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return self.to_arrow().__arrow_c_stream__(requested_schema)


@frozen
class Rows(Tabular):
    """Items and the class that determines their columns."""

    items: Sequence[Any] = field(repr=False)
    model: type[Model]

    def _rows(self) -> Rows:
        return self


class AsyncTabular(ABC):
    """Methods of pagers that request all pages and return their items as a table.

    They convert the items in a thread, because that takes longer than requesting them.
    """

    __slots__ = ()

    @abstractmethod
    async def _collect_rows(self, max_items: int) -> Rows:
        """Request the items, and return them with their class."""

    async def records(self, *, max_items: int) -> list[dict[str, Any]]:
        """Return a dict for each item, all with the same keys.

        Times are `datetime`s in UTC, and each `amount` is followed by an
        `amount_decimal`.

        Args:
            max_items: Maximum number of items.
        """
        rows = await self._collect_rows(max_items)
        return await run_in_thread(rows.records)

    async def to_arrow(self, *, max_items: int) -> pa.Table:
        """Return the items as a `pyarrow.Table`.

        Args:
            max_items: Maximum number of items.

        Raises:
            ConfigurationError: pyarrow is not installed.
        """
        rows = await self._collect_rows(max_items)
        return await run_in_thread(rows.to_arrow)

    async def to_pandas(self, *, max_items: int) -> pd.DataFrame:
        """Return the items as a `pandas.DataFrame`.

        Args:
            max_items: Maximum number of items.

        Raises:
            ConfigurationError: pyarrow or pandas is not installed.
        """
        rows = await self._collect_rows(max_items)
        return await run_in_thread(rows.to_pandas)

    async def to_polars(self, *, max_items: int) -> pl.DataFrame:
        """Return the items as a `polars.DataFrame`.

        Args:
            max_items: Maximum number of items.

        Raises:
            ConfigurationError: pyarrow or polars is not installed.
        """
        rows = await self._collect_rows(max_items)
        return await run_in_thread(rows.to_polars)
