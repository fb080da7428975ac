"""Objects returned by the API, as attrs classes and open enums.

An attribute is `None` if the server sent null or omitted the field. `to_dict()` returns
everything the server sent, and `extra` returns the fields that this version does not
know. An unknown enum value becomes a member whose `is_known` is False. Times are in
seconds since the epoch, and amounts are in the currency's smallest unit (cents).
"""

from typing import TYPE_CHECKING

from financial_connections._decoding import (
    Model,
    OpenEnum,
    # Pickles look it up in this module.
    restore_model,  # noqa: F401 # pyright: ignore[reportUnusedImport]
)
from financial_connections._generated import response_types as _generated
from financial_connections._lazy import lazy_names

__all__ = [
    "Model",
    "OpenEnum",
]
__all__ += _generated.__all__

# Documentation tools ignore wildcard imports in an `if TYPE_CHECKING` block.
if not TYPE_CHECKING:
    __getattr__, __dir__ = lazy_names(
        __name__, dict.fromkeys(_generated.__all__, _generated.__name__)
    )
else:
    from financial_connections._generated.response_types import *  # noqa: F403 - all
