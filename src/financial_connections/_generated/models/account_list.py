"""Generated code. Do not edit."""

from attrs import field, frozen

from financial_connections._decoding import REQUIRED, Model
from financial_connections._generated.models.account import Account


@frozen(kw_only=True, eq=False, repr=False)
class AccountList(Model):
    """A page of accounts."""

    object: str = REQUIRED
    """Name of the object's type in the API."""
    data: list[Account] = REQUIRED
    """Items on this page, newest first."""
    has_more: bool = REQUIRED
    """True if there are more items beyond this page."""
    url: str = field(default=REQUIRED, repr=False)
    """Path of the list in the API."""
