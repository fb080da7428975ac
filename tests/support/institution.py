"""A sender that simulates the refreshes of many accounts, in virtual time."""

from collections import Counter, defaultdict

import anyio

from financial_connections import InvalidRequestError
from financial_connections.models import Account

EPOCH = 1_700_000_000


def now():
    return EPOCH + int(anyio.current_time())


class Institution:
    """A sender that answers requests about any account.

    Args:
        seconds: Returns the duration of a refresh of an account, given its ID.
        fails: Returns True if the refreshes of an account fail.
        available_at: Returns the time from which an account can be refreshed.
    """

    def __init__(
        self,
        *,
        seconds=lambda account: 5,
        fails=lambda account: False,
        available_at=lambda account: EPOCH - 1,
    ):
        self.seconds, self.fails, self.available_at = seconds, fails, available_at
        self.started_at = {}
        self.requests, self.merchants = Counter(), defaultdict(set)
        self.before_request = None

    async def send(self, request, result_type, options):
        account = request.ids["account"]
        self.requests[account] += 1
        self.merchants[account].add(options and options.stripe_account)
        if self.before_request:
            self.before_request(account)
        await anyio.sleep(0.1)
        if request.method == "POST":
            if now() < self.available_at(account):
                raise InvalidRequestError("too early", status=400)
            self.started_at.setdefault(account, now())
        return Account.from_dict(
            {
                "id": account,
                "status": "active",
                "balance_refresh": self.refresh(account),
            }
        )

    def emit(self, event):
        """Ignore the events of operations."""

    def refresh(self, account):
        started_at, status = self.started_at.get(account), "succeeded"
        if started_at is None:
            started_at = EPOCH - 3_600
        elif now() < started_at + self.seconds(account):
            status = "pending"
        elif self.fails(account):
            status = "failed"
        return {
            "last_attempted_at": started_at,
            "next_refresh_available_at": self.available_at(account),
            "status": status,
        }
