"""Logging for `--debug`."""

import sys
from collections.abc import Generator
from contextlib import contextmanager

from financial_connections.cli.text import redact


@contextmanager
def debug_logging() -> Generator[None]:
    """Log every attempt to stderr, without secrets."""
    import logging  # noqa: PLC0415 - lazy import keeps help and completion fast

    class Formatter(logging.Formatter):
        def format(self, record: logging.LogRecord) -> str:
            # A key passed in place of an ID ends up in the request path.
            return redact(super().format(record))

    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Formatter("%(name)s: %(message)s"))
    logger = logging.getLogger("financial_connections")
    previous_level = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG)
    try:
        yield
    finally:
        logger.setLevel(previous_level)
        logger.removeHandler(handler)
