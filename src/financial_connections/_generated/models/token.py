"""Generated code. Do not edit."""

from attrs import frozen

from financial_connections._decoding import Model


@frozen(kw_only=True, eq=False, repr=False)
class Token(Model):
    """A token for bank account details, which is an object of another Stripe product.

    Only the ID is modelled; the other fields are in `extra`.
    """

    id: str | None = None
    """ID of the token (`btok_…`)."""
    object: str | None = None
    """Name of the object's type in the API."""
