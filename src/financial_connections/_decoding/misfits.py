"""Log each field whose value violates the contract, once per process."""

import logging
from collections.abc import Iterable

_log = logging.getLogger("financial_connections")

# Holds only names of classes and fields, so the contract limits its size.
_logged: set[str] = set()


def log_misfits(fields: Iterable[str], request_id: str | None) -> None:
    """Log a warning for each field that this process has not logged yet.

    Args:
        fields: Names such as `Transaction.amount`.
        request_id: ID of the request (`req_…`) that returned the values.
    """
    for name in fields:
        if name not in _logged:
            _logged.add(name)
            _log.warning(
                "%s: a value does not match the contract, or is absent although the "
                "contract requires it (request %s). The object's `misfits` lists the "
                "field, and `to_dict()` returns what was sent. This is logged once per "
                "field.",
                name,
                request_id,
            )
