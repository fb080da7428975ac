"""Start refreshes of accounts and wait for them to finish.

Names are imported on first use, because most programs never refresh an account.
"""

from typing import TYPE_CHECKING

from financial_connections._lazy import lazy_names

if TYPE_CHECKING:
    from financial_connections._refresh.many import (
        Refreshes,
        RefreshMany,
        RefreshProgress,
    )
    from financial_connections._refresh.notifier import RefreshNotifier

__all__ = ["RefreshMany", "RefreshNotifier", "RefreshProgress", "Refreshes"]

if not TYPE_CHECKING:
    _MODULES = {"RefreshNotifier": "notifier"}
    __getattr__, __dir__ = lazy_names(
        __name__, {name: f"{__name__}.{_MODULES.get(name, 'many')}" for name in __all__}
    )
