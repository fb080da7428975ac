"""Values that do not fit the contract: collect them, and log each field once."""

import logging
from collections.abc import Iterable

_log = logging.getLogger("financial_connections")

# Names of classes and fields, never anything a server sent: bounded by the size of the
# contract.
_logged: set[str] = set()


def log_misfits(fields: Iterable[str], request_id: str | None) -> None:
    """Log a warning for each field that has not had one in this process.

    Args:
        fields: Names such as `Transaction.amount`.
        request_id: ID of the request (`req_…`) whose response does not fit.

    """
    for name in fields:
        if name not in _logged:
            _logged.add(name)
            _log.warning(
                "%s: a value does not fit the contract (request %s). `misfits` of the object names the field, "
                "`to_dict()` has the value. Further ones of this field are not logged.",
                name,
                request_id,
            )
