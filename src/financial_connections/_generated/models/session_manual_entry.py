"""Generated code. Do not edit."""

from attrs import frozen

from financial_connections._decoding import Model
from financial_connections._generated.models.manual_entry_mode import ManualEntryMode


@frozen(kw_only=True, eq=False, repr=False)
class SessionManualEntry(Model):
    """Settings of a session for entering bank account details by hand."""

    mode: ManualEntryMode | None = None
    """Availability of manual entry."""
