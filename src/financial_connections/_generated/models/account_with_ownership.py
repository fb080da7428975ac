"""Generated code. Do not edit."""

from typing import TYPE_CHECKING

from financial_connections._generated.models.account import Account

if TYPE_CHECKING:
    from financial_connections._generated.models.account_ownership import (
        AccountOwnership,
    )

    class AccountWithOwnership(Account):
        """`Account` requested with `expand=["ownership"]`, for type checkers.

        At run time, it is `Account` itself.
        """

        ownership: AccountOwnership | None
else:
    AccountWithOwnership = Account
