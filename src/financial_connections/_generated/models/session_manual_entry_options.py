"""Generated code. Do not edit."""

from typing import TypedDict

from financial_connections._generated.models.session_manual_entry_mode import (
    SessionManualEntryMode,
)


class SessionManualEntryOptions(TypedDict, total=False):
    """Settings of a new session for entering bank account details by hand."""

    mode: SessionManualEntryMode
    """Availability of manual entry. Defaults to `automatic`."""
