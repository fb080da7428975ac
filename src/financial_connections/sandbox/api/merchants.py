"""Merchants and their customers."""

from financial_connections.sandbox.api.records import Customer, Merchant
from financial_connections.sandbox.api.state import State


def add_customer(
    state: State,
    merchant: Merchant,
    customer_id: str | None = None,
    *,
    email: str | None = None,
    name: str | None = None,
) -> str:
    """Add a customer and return its ID, which is generated if it is None."""
    customer_id = customer_id or state.ids.new("cus")
    if not customer_id.startswith("cus_"):
        raise ValueError("a customer ID must start with cus_")
    if customer_id in merchant.customers:
        raise ValueError(f"customer {customer_id} already exists")
    merchant.customers[customer_id] = Customer(customer_id, state.now, email, name)
    return customer_id


def add_connected_account(state: State) -> str:
    """Add a Stripe account connected to the platform, and return its ID."""
    merchant = Merchant(state.ids.new("acct"), state.now)
    state.platform.connected[merchant.id] = merchant
    return merchant.id
