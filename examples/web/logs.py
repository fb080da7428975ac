"""Logs as one JSON object a line, for the tools that collect them.

Messages are constant, and their fields are IDs, types and counts: no names, balances
or descriptions, and no text of errors, which can quote them.
"""

import json
import logging
import sys
from datetime import UTC, datetime

FIELDS = {"account", "attempts", "error", "event", "request", "status", "type", "user"}


class JSONFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        entry = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        entry |= {name: value for name, value in vars(record).items() if name in FIELDS}
        if record.exc_info and record.exc_info[0]:
            # The frames of a traceback show values; its last line may, too.
            entry["error"] = record.exc_info[0].__name__
        return json.dumps(entry)


def configure(level: int = logging.INFO) -> None:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JSONFormatter())
    logging.basicConfig(level=level, handlers=[handler], force=True)
    logging.getLogger("httpx").setLevel(logging.WARNING)
