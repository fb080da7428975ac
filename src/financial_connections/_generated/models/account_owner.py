"""Generated code. Do not edit."""

from attrs import field, frozen

from financial_connections._decoding import REQUIRED, Model


@frozen(kw_only=True, eq=False, repr=False)
class AccountOwner(Model):
    """A person or company that owns an account, according to the institution.

    Every detail of an owner is personal data.
    """

    id: str = REQUIRED
    """ID of the owner (`fcaown_…`)."""
    object: str = REQUIRED
    """Name of the object's type in the API."""
    email: str | None = field(default=None, repr=False)
    """Email address of the owner."""
    name: str = field(default=REQUIRED, repr=False)
    """Full name of the owner."""
    ownership: str = field(default=REQUIRED, repr=False)
    """ID of the ownership snapshot (`fcaowns_…`) to which the owner belongs."""
    phone: str | None = field(default=None, repr=False)
    """Telephone number of the owner."""
    raw_address: str | None = field(default=None, repr=False)
    """Postal address of the owner, as unparsed text."""
    refreshed_at: int | None = None
    """Time at which the details were last fetched from the institution, in seconds
    since the epoch.
    """
