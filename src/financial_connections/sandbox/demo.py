"""Demo data: one customer with one account of each kind."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from financial_connections.sandbox.sandbox import Sandbox


def add_demo_data(sandbox: "Sandbox") -> str:
    """Add the demo customer and accounts, and return the customer's ID."""
    customer = sandbox.add_customer(email="ada@example.com", name="Ada Example")
    disconnected = sandbox.add_account(
        customer=customer, institution_name="Sandcastle Savings"
    )
    sandbox.disconnect(disconnected)
    inactive = sandbox.add_account(
        customer=customer,
        subcategory="savings",
        institution_name="Nowhere Provincial Bank",
        currency="usd",
        balance=5_000,
    )
    sandbox.deactivate(inactive)
    sandbox.add_account(
        customer=customer, category="investment", balance=4_200_000, owners=1
    )
    sandbox.add_account(
        customer=customer, category="credit", balance=-68_125, transactions=240
    )
    sandbox.add_account(
        customer=customer, subcategory="savings", balance=1_250_000, transactions=36
    )
    checking = sandbox.add_account(
        customer=customer, balance=312_345, owners=2, transactions=1_249
    )
    [pending] = sandbox.add_transactions(checking, status="pending")
    sandbox.set_balance(checking, 308_995)
    sandbox.add_transactions(checking, 2, at_next_refresh=True)
    sandbox.post(pending, at_next_refresh=True)
    return customer
