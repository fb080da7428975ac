"""Log each field whose value does not fit the contract, once per process."""

import logging
from collections.abc import Iterable

_log = logging.getLogger("financial_connections")

# It only holds names of classes and fields, so the contract limits its size.
_logged: set[str] = set()


def log_misfits(fields: Iterable[str], request_id: str | None) -> None:
    """Log a warning for each field that was not logged in this process before.

    Args:
        fields: Names such as `Transaction.amount`.
        request_id: ID of the request (`req_…`) whose response does not fit.
    """
    for name in fields:
        if name not in _logged:
            _logged.add(name)
            _log.warning(
                "%s: a value does not fit the contract (request %s). `misfits` of the "
                "object names the field, and `to_dict()` has the value. This is logged "
                "once for each field.",
                name,
                request_id,
            )
