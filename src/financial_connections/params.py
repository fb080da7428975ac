"""Parameter types: a `TypedDict` for each nested object, a `Literal` for each enum.

They let type checkers report misspelled keys and values. At run time, you pass plain
dicts and strings.
"""

from typing import TYPE_CHECKING

from financial_connections._generated import parameter_types as _generated
from financial_connections._lazy import lazy_names

__all__: list[str] = []
__all__ += _generated.__all__

# Documentation tools ignore wildcard imports in an `if TYPE_CHECKING` block.
if not TYPE_CHECKING:
    __getattr__, __dir__ = lazy_names(
        __name__, dict.fromkeys(_generated.__all__, _generated.__name__)
    )
else:
    from financial_connections._generated.parameter_types import *  # noqa: F403 - all
