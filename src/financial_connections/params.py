"""Parameter types: a `TypedDict` for each nested object, a `Literal` for each enum.

They let type checkers report misspelled keys and values. At run time, you pass plain
dicts and strings.
"""

from financial_connections._generated import parameter_types as _generated
from financial_connections._generated.parameter_types import *  # noqa: F403 - all

__all__: list[str] = []
__all__ += _generated.__all__
