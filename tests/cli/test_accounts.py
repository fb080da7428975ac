"""The `fincon accounts` commands."""


def test_a_list_prints_everything_the_server_sent_one_object_per_line(rows, sandbox):
    ids = [sandbox.add_account(balance=1) for _ in range(3)]
    sandbox.set_quirks("next_refresh_absent", "account_is_linked_account")
    accounts = rows("accounts", "list")
    assert ids[::-1] == [account["id"] for account in accounts]
    assert {"linked_account"} == {account["object"] for account in accounts}


def test_a_list_can_be_filtered_by_holder_and_session(rows, sandbox):
    customer = sandbox.add_customer()
    existing = sandbox.add_account(customer=customer)
    sandbox.add_account()
    [session] = rows(
        "sessions", "create", "--customer", customer, "--permission", "balances"
    )
    [linked] = sandbox.complete(session["id"])
    of_customer = rows("accounts", "list", "--customer", customer)
    assert [linked, existing] == [row["id"] for row in of_customer]
    of_session = rows("accounts", "list", "--session", session["id"])
    assert [linked] == [row["id"] for row in of_session]


def test_expanded_fields_are_objects(rows, sandbox):
    account = sandbox.add_account(owners=1)
    expand = ("--expand", "ownership", "--expand", "account_holder.customer")
    [row] = rows("accounts", "retrieve", account, *expand)
    assert row["ownership"]["owners"]["data"][0]["name"]
    assert "customer" == row["account_holder"]["customer"]["object"]


def test_owners_come_from_the_latest_snapshot_or_the_given_one(rows, sandbox):
    account = sandbox.add_account(owners=2)
    owners = rows("accounts", "owners", account)
    assert 2 == len(owners)
    snapshot = owners[0]["ownership"]
    assert owners == rows("accounts", "owners", account, "--ownership", snapshot)


def test_missing_owners_are_reported_with_advice(run, sandbox):
    status, _, err = run("accounts", "owners", sandbox.add_account())
    assert 2 == status
    assert "--feature ownership --wait" in err


def test_a_refresh_is_started_and_awaited_on_request(rows, sandbox):
    account = sandbox.add_account(balance=1, refreshed=())
    refresh = ("accounts", "refresh", account, "--feature", "balance")
    [started] = rows(*refresh)
    assert "pending" == started["balance_refresh"]["status"]
    [finished] = rows(*refresh, "--wait", "--poll", "0.01")
    assert {"usd": 1} == finished["balance"]["current"]


def test_a_failed_refresh_exits_with_status_4(run, sandbox):
    account = sandbox.add_account()
    sandbox.fail_refreshes(account)
    refresh = ("accounts", "refresh", account, "--feature", "balance")
    status, _, err = run(*refresh, "--wait", "--poll", "0.01")
    assert (4, "fincon: the refresh of balance failed\n") == (status, err)


def test_a_subscription_starts_and_stops(rows, sandbox):
    account = sandbox.add_account()
    [started] = rows("accounts", "subscribe", account, "--feature", "transactions")
    [stopped] = rows("accounts", "unsubscribe", account, "--feature", "transactions")
    assert ["transactions"] == started["subscriptions"]
    assert [] == stopped["subscriptions"]


def test_disconnecting_outside_a_terminal_requires_yes(run, rows, sandbox):
    account = sandbox.add_account()
    status, _, err = run("accounts", "disconnect", account)
    assert (2, 1) == (status, len(err.splitlines()))
    assert "--yes" in err
    assert "active" == rows("accounts", "retrieve", account)[0]["status"]
    [disconnected] = rows("accounts", "disconnect", account, "--yes")
    assert "disconnected" == disconnected["status"]
