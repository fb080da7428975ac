"""Tables of models, for pandas, polars, DuckDB and Arrow.

Pages, batches and pagers have methods with the same names. The columns of a table
depend only on the class of its models, so an empty table has them, too.
"""

from typing import TYPE_CHECKING

from financial_connections._lazy import lazy_names

if TYPE_CHECKING:
    from financial_connections.data.money import currency_decimals, decimal_amount
    from financial_connections.data.tables import (
        records,
        schema,
        to_arrow,
        to_pandas,
        to_polars,
    )
    from financial_connections.data.tabular import AsyncTabular, Tabular

__all__ = [
    "AsyncTabular",
    "Tabular",
    "currency_decimals",
    "decimal_amount",
    "records",
    "schema",
    "to_arrow",
    "to_pandas",
    "to_polars",
]

if not TYPE_CHECKING:
    # Pages and pagers import only `tabular`.
    _MODULES = {
        "AsyncTabular": "tabular",
        "Tabular": "tabular",
        "currency_decimals": "money",
        "decimal_amount": "money",
    }
    __getattr__, __dir__ = lazy_names(
        __name__,
        {name: f"{__name__}.{_MODULES.get(name, 'tables')}" for name in __all__},
    )
