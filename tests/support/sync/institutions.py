"""Institutions to sync with: the sandbox, and a less reliable one."""

import json
from urllib.parse import parse_qs

import httpx

from financial_connections.sandbox import Sandbox
from financial_connections.sandbox.http.app import application
from tests.support.samples import ACCOUNT, TRANSACTION, list_of
from tests.support.sandbox_calls import TRANSACTIONS, get


class SandboxInstitution:
    def __init__(self, *, transactions):
        self.sandbox = Sandbox()
        self.api_key = self.sandbox.api_key
        self.transport = httpx.ASGITransport(application(self.sandbox))
        self.account = self.sandbox.add_account(transactions=transactions)
        self.pending = []

    def arrive(self, number):
        status = "pending" if number % 2 else "posted"
        new = self.sandbox.add_transactions(
            self.account,
            1 + number // 4,
            status=status,
            at_next_refresh=bool(number & 2),
        )
        if status == "pending":
            self.pending += new

    def change(self, number):
        fetched = [
            transaction for transaction in self.pending if transaction in self.known
        ]
        if fetched:
            transaction = fetched[number % len(fetched)]
            self.pending.remove(transaction)
            change = self.sandbox.void if number % 2 else self.sandbox.post
            change(transaction, at_next_refresh=bool(number & 2))

    @property
    def known(self):
        return self.sandbox._state.platform.transactions

    def refresh(self, number):
        self.sandbox.advance(60)
        url = f"/v1/financial_connections/accounts/{self.account}/refresh"
        step = self.sandbox.api.admit(
            call("POST", url, self.api_key, body=b"features[0]=transactions")
        )
        assert 200 == self.sandbox.api.execute(step).status

    def advance(self, number):
        self.sandbox.advance(number)

    def fail(self, number):
        if number % 2:
            self.sandbox.fail_refreshes(self.account)
        else:
            self.sandbox.restore_refreshes(self.account)

    def begin_sync(self):
        """Do nothing, because the sandbox does not need to know."""

    def settle(self):
        self.sandbox.advance(3_600)

    @property
    def truth(self):
        selected, after = {}, {}
        while True:
            reply = get(
                self.sandbox,
                TRANSACTIONS,
                {"account": self.account, "limit": 100, **after},
            ).json
            selected |= {item["id"]: item for item in reply["data"]}
            if not reply["has_more"]:
                return selected
            after = {"starting_after": reply["data"][-1]["id"]}


def call(method, path, key, body=b""):
    from financial_connections.sandbox.api.wire import Request  # noqa: PLC0415

    headers = {
        "authorization": f"Bearer {key}",
        "content-type": "application/x-www-form-urlencoded",
    }
    return Request(method=method, path=path, query="", headers=headers, body=body)


class UnreliableInstitution:
    """An institution whose lists change while they are being read.

    The order of a list can change, and the changes of a refresh become visible one by
    one while it is pending. It guarantees only what `transaction_refresh[after]`
    selects, that a refresh changes nothing once it has succeeded or failed, and that at
    most one response per sync is out of date.
    """

    api_key = "sk_test_1"
    account = "fca_1"

    def __init__(self, order):
        self.order = order
        self.statuses = []
        self.transactions = {}
        self.now = 0
        self.past = []
        self.lag = 0
        self.may_lag = False
        self.transport = httpx.MockTransport(self.respond)

    def begin_sync(self):
        self.may_lag = True

    def stale(self, number):
        """Make the next response out of date, but at most one per sync."""
        if self.may_lag:
            self.may_lag, self.lag = False, 1 + number

    def remember(self):
        self.past.append(
            (
                list(self.statuses),
                {name: dict(facts) for name, facts in self.transactions.items()},
            )
        )

    def refresh(self, number):
        if not self.is_pending:
            self.remember()
            self.statuses.append("pending")

    def finish(self, number):
        if self.is_pending:
            self.remember()
            self.statuses[-1] = "failed" if number == 0 else "succeeded"

    @property
    def is_pending(self):
        return self.statuses[-1:] == ["pending"]

    def arrive(self, number):
        if self.is_pending:
            self.touch(f"fctxn_{len(self.transactions)}", number)

    def change(self, number):
        if self.is_pending and self.transactions:
            self.touch(f"fctxn_{number % len(self.transactions)}", number)

    def touch(self, transaction, number):
        self.remember()
        self.now += 1
        refresh = len(self.statuses) - 1
        old = self.transactions.get(transaction, {"created": self.now})
        # The date can change too, as it does when a pending transaction is posted.
        self.transactions[transaction] = old | {
            "updated": self.now,
            "refresh": refresh,
            "transacted_at": number,
        }

    def settle(self):
        self.finish(1)
        self.past = []

    @property
    def truth(self):
        return {name: self.to_json(name) for name in self.transactions}

    def to_json(self, name):
        facts = self.transactions[name]
        return TRANSACTION | {
            "id": name,
            "transaction_refresh": f"fctxnref_{facts['refresh']}",
            "updated": facts["updated"],
            "transacted_at": facts["transacted_at"],
        }

    def respond(self, request):
        query = {
            key: values[0]
            for key, values in parse_qs(request.url.query.decode()).items()
        }
        now = self.statuses, self.transactions
        if self.lag and self.past:
            self.statuses, self.transactions = self.past[-min(self.lag, len(self.past))]
        self.lag = 0
        try:
            if query.get("starting_after", next(iter(self.transactions), None)) not in {
                None,
                *self.transactions,
            }:
                return httpx.Response(
                    400,
                    json={
                        "error": {"code": "resource_missing", "param": "starting_after"}
                    },
                )
            body = self.page(query) if "account" in query else self.state()
        finally:
            self.statuses, self.transactions = now
        return httpx.Response(200, content=json.dumps(body))

    def state(self):
        latest = len(self.statuses) - 1
        refresh = (
            {"id": f"fctxnref_{latest}", "status": self.statuses[-1]}
            if self.statuses
            else None
        )
        return ACCOUNT | {"id": self.account, "transaction_refresh": refresh}

    def page(self, query):
        after = int(
            query.get("transaction_refresh[after]", "fctxnref_-1").removeprefix(
                "fctxnref_"
            )
        )
        until = int(query.get("transacted_at[lte]", "99"))
        everything = sorted(
            self.transactions,
            key=lambda name: (self.transactions[name][self.order], name),
            reverse=True,
        )
        start = (
            everything.index(query["starting_after"]) + 1
            if "starting_after" in query
            else 0
        )
        selected = [
            name
            for name in everything[start:]
            if self.transactions[name]["refresh"] > after
            and self.transactions[name]["transacted_at"] <= until
        ]
        limit = int(query["limit"])
        return list_of(
            *map(self.to_json, selected[:limit]), has_more=len(selected) > limit
        )
