"""Generated code. Do not edit."""

from attrs import frozen

from financial_connections._decoding import REQUIRED, Model
from financial_connections._generated.models.account_owner_list import AccountOwnerList


@frozen(kw_only=True, eq=False, repr=False)
class AccountOwnership(Model):
    """The owners that an account had at one point in time.

    Each refresh of the `ownership` feature creates a new snapshot.
    """

    id: str = REQUIRED
    """ID of the ownership snapshot (`fcaowns_…`)."""
    object: str = REQUIRED
    """Name of the object's type in the API."""
    created: int = REQUIRED
    """Time at which the snapshot was created, in seconds since the epoch."""
    owners: AccountOwnerList = REQUIRED
    """First page of the owners."""
