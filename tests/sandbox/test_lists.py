"""Order, filters and pagination of lists, in both directions."""

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from financial_connections.sandbox import Rules, Sandbox
from financial_connections.sandbox.clock import START
from tests.support.sandbox_calls import ACCOUNTS, SESSIONS, TRANSACTIONS, get, post


@pytest.fixture
def account(sandbox):
    return sandbox.add_account()


@pytest.fixture
def six(sandbox, account):
    """Return the IDs of six transactions, oldest first."""
    return [sandbox.add_transactions(account)[0] for _ in range(6)]


def test_lists_are_newest_first(sandbox, account, six):
    assert six[::-1] == get(sandbox, TRANSACTIONS, {"account": account}).ids


def test_starting_after_returns_older_items_without_the_cursor(sandbox, account, six):
    reply = get(
        sandbox,
        TRANSACTIONS,
        {"account": account, "starting_after": six[3], "limit": 2},
    )

    assert [six[2], six[1]] == reply.ids
    assert reply.json["has_more"] is True


def test_ending_before_returns_the_nearest_page_newest_first(sandbox, account, six):
    reply = get(
        sandbox, TRANSACTIONS, {"account": account, "ending_before": six[2], "limit": 2}
    )

    assert [six[4], six[3]] == reply.ids
    assert reply.json["has_more"] is True
    following = get(
        sandbox,
        TRANSACTIONS,
        {"account": account, "ending_before": reply.ids[0], "limit": 2},
    )
    assert [six[5]] == following.ids
    assert following.json["has_more"] is False


@pytest.mark.parametrize(("limit", "has_more"), [(5, True), (6, False), (7, False)])
def test_has_more_refers_to_the_direction_of_travel(
    sandbox, account, six, limit, has_more
):
    assert (
        has_more
        is get(sandbox, TRANSACTIONS, {"account": account, "limit": limit}).json[
            "has_more"
        ]
    )
    newest = {"account": account, "ending_before": six[-1]}
    assert get(sandbox, TRANSACTIONS, newest).json == {
        "object": "list",
        "data": [],
        "has_more": False,
        "url": TRANSACTIONS,
    }


def test_an_empty_list_is_a_list_object(sandbox):
    assert {"object": "list", "data": [], "has_more": False, "url": ACCOUNTS} == get(
        sandbox, ACCOUNTS
    ).json


def test_a_request_with_both_cursors_is_rejected(sandbox, account, six):
    reply = get(
        sandbox,
        TRANSACTIONS,
        {"account": account, "starting_after": six[0], "ending_before": six[1]},
    )

    assert 400 == reply.status
    expected = (
        "Received both starting_after and ending_before parameters."
        " Please pass in only one."
    )
    assert expected == reply.error["message"]


@pytest.mark.parametrize("cursor", ["starting_after", "ending_before"])
@pytest.mark.parametrize("status", [400, 404])
def test_an_unknown_cursor_is_rejected_by_name(cursor, status):
    sandbox = Sandbox(rules=Rules(unknown_reference_status=status))

    reply = get(sandbox, ACCOUNTS, {cursor: "fca_x"})

    assert status == reply.status
    assert "resource_missing" == reply.error["code"]
    assert cursor == reply.error["param"]
    assert "No such financial connections account: 'fca_x'" == reply.error["message"]


def test_a_cursor_from_another_account_is_rejected(sandbox, account, six):
    other = sandbox.add_account(transactions=1)

    assert (
        400
        == get(
            sandbox, TRANSACTIONS, {"account": other, "starting_after": six[0]}
        ).status
    )


def test_items_added_during_pagination_come_before_the_cursor(sandbox, account, six):
    first = get(sandbox, TRANSACTIONS, {"account": account, "limit": 3})
    [late] = sandbox.add_transactions(account, transacted_at=START - 1_000_000)
    rest = get(
        sandbox,
        TRANSACTIONS,
        {"account": account, "limit": 100, "starting_after": first.ids[-1]},
    )

    assert six[::-1] == first.ids + rest.ids
    assert [late] == get(
        sandbox, TRANSACTIONS, {"account": account, "ending_before": first.ids[0]}
    ).ids


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (START + 20, [2]),
        ({"gt": START + 20}, [3]),
        ({"gte": START + 20}, [3, 2]),
        ({"lt": START + 20}, [1]),
        ({"lte": START + 20}, [2, 1]),
        ({"gt": START + 10, "lt": START + 30}, [2]),
    ],
)
def test_transactions_are_filtered_by_time(sandbox, account, condition, expected):
    ids = [
        sandbox.add_transactions(account, transacted_at=START + 10 * number)[0]
        for number in (1, 2, 3)
    ]

    reply = get(sandbox, TRANSACTIONS, {"account": account, "transacted_at": condition})

    assert [ids[number - 1] for number in expected] == reply.ids


def test_transactions_are_filtered_by_the_refresh_that_changed_them(sandbox, account):
    old, pending = sandbox.add_transactions(account, 2, status="pending")
    refresh = get(sandbox, f"{ACCOUNTS}/{account}").json["transaction_refresh"]["id"]
    query = {"account": account, "transaction_refresh": {"after": refresh}}
    assert [] == get(sandbox, TRANSACTIONS, query).ids

    [new] = sandbox.add_transactions(account)
    sandbox.post(pending)

    assert [new, pending] == get(sandbox, TRANSACTIONS, query).ids
    assert old not in get(sandbox, TRANSACTIONS, query).ids


def test_an_unknown_refresh_is_rejected_by_name(sandbox, account):
    reply = get(
        sandbox,
        TRANSACTIONS,
        {"account": account, "transaction_refresh": {"after": "fctxnref_x"}},
    )

    assert 400 == reply.status
    assert "resource_missing" == reply.error["code"]
    assert "transaction_refresh[after]" == reply.error["param"]


def test_a_filter_applies_to_every_page(sandbox, account):
    for number in range(20):
        sandbox.add_transactions(account, transacted_at=START + number % 2)
    query = {"account": account, "transacted_at": START + 1, "limit": 4}
    pages = [get(sandbox, TRANSACTIONS, query)]
    while pages[-1].json["has_more"]:
        pages.append(
            get(sandbox, TRANSACTIONS, {**query, "starting_after": pages[-1].ids[-1]})
        )

    assert [4, 4, 2] == [len(page.ids) for page in pages]
    assert {START + 1} == {
        item["transacted_at"] for page in pages for item in page.json["data"]
    }


def test_the_first_refresh_fetches_180_days_of_transactions(sandbox):
    account = sandbox.add_account(transactions=50)
    times = [
        item["transacted_at"]
        for item in get(sandbox, TRANSACTIONS, f"account={account}&limit=100").json[
            "data"
        ]
    ]

    assert 50 == len(times)
    assert sorted(times, reverse=True) == times
    assert START - 180 * 86_400 < min(times)
    assert max(times) < START


def test_accounts_are_filtered_by_holder(sandbox):
    merchant = sandbox.add_connected_account()
    customer, other = sandbox.add_customer(), sandbox.add_customer()
    accounts = [
        sandbox.add_account(customer=holder)
        for holder in (customer, other, customer, merchant)
    ]

    assert [accounts[2], accounts[0]] == get(
        sandbox, ACCOUNTS, {"account_holder": {"customer": customer}}
    ).ids
    assert [accounts[3]] == get(
        sandbox, ACCOUNTS, {"account_holder": {"account": merchant}}
    ).ids
    unknown = get(sandbox, ACCOUNTS, {"account_holder": {"customer": "cus_x"}})
    assert (400, "account_holder[customer]") == (unknown.status, unknown.error["param"])


def test_accounts_are_filtered_by_session(sandbox):
    customer = sandbox.add_customer()
    sandbox.add_account(customer=customer)
    params = {
        "account_holder": {"type": "customer", "customer": customer},
        "permissions": ["balances"],
    }
    session = post(sandbox, SESSIONS, params).json["id"]
    assert [] == get(sandbox, ACCOUNTS, {"session": session}).ids

    linked = sandbox.complete(session)

    assert linked == get(sandbox, ACCOUNTS, {"session": session}).ids


def test_owners_come_from_the_requested_snapshot(sandbox):
    account = sandbox.add_account(owners=12)
    first = get(sandbox, f"{ACCOUNTS}/{account}").json["ownership"]
    post(sandbox, f"{ACCOUNTS}/{account}/refresh", {"features": ["ownership"]})
    sandbox.advance(5)
    second = get(sandbox, f"{ACCOUNTS}/{account}").json["ownership"]
    path = f"{ACCOUNTS}/{account}/owners"

    page = get(sandbox, path, {"ownership": first})
    rest = get(sandbox, path, {"ownership": first, "starting_after": page.ids[-1]})

    assert first != second
    assert (10, True, path) == (len(page.ids), page.json["has_more"], page.json["url"])
    assert (2, False) == (len(rest.ids), rest.json["has_more"])
    assert {first} == {
        owner["ownership"] for owner in page.json["data"] + rest.json["data"]
    }
    assert set(page.ids).isdisjoint(
        get(sandbox, path, {"ownership": second, "limit": 100}).ids
    )


def test_a_snapshot_of_another_account_is_rejected(sandbox):
    account, other = sandbox.add_account(owners=1), sandbox.add_account(owners=1)
    snapshot = get(sandbox, f"{ACCOUNTS}/{other}").json["ownership"]

    reply = get(sandbox, f"{ACCOUNTS}/{account}/owners", {"ownership": snapshot})

    assert (400, "ownership") == (reply.status, reply.error["param"])


class Pagination(RuleBasedStateMachine):
    """Paging in both directions from a cursor while transactions are added."""

    @initialize(
        older=st.integers(0, 8), newer=st.integers(0, 8), limit=st.integers(1, 4)
    )
    def start(self, older, newer, limit):
        self.sandbox = Sandbox()
        self.account = self.sandbox.add_account()
        self.limit = limit
        self.older = self.sandbox.add_transactions(self.account, older)
        [self.cursor] = self.sandbox.add_transactions(self.account)
        self.newer = self.sandbox.add_transactions(self.account, newer)
        self.down, self.up = [], []
        self.more_down = self.more_up = True

    def page(self, **cursor):
        return get(
            self.sandbox,
            TRANSACTIONS,
            {"account": self.account, "limit": self.limit, **cursor},
        )

    @rule(count=st.integers(1, 3))
    def add(self, count):
        self.newer += self.sandbox.add_transactions(self.account, count)
        self.more_up = True

    @rule()
    def page_down(self):
        if self.more_down:
            page = self.page(starting_after=(self.down or [self.cursor])[-1])
            self.down += page.ids
            self.more_down = page.json["has_more"]

    @rule()
    def page_up(self):
        if self.more_up:
            page = self.page(ending_before=(self.up or [self.cursor])[-1])
            self.up += page.ids[::-1]
            self.more_up = page.json["has_more"]

    @invariant()
    def no_item_is_lost_or_duplicated(self):
        if hasattr(self, "sandbox"):
            assert self.older[::-1][: len(self.down)] == self.down
            assert self.newer[: len(self.up)] == self.up
            assert self.more_down or self.older[::-1] == self.down
            assert self.more_up or self.newer == self.up


TestPagination = Pagination.TestCase
TestPagination.settings = settings(
    max_examples=60, stateful_step_count=30, deadline=None
)
