"""Sandboxes that are kept in a file and restored from it."""

import json
import re
import subprocess
import sys
from random import Random

import anyio
import httpx
import pytest

from financial_connections.sandbox import (
    Clock,
    Fault,
    NewAccount,
    RateLimits,
    Rules,
    Sandbox,
    Scenario,
    StateFileError,
    serve,
)
from financial_connections.sandbox.__main__ import main
from tests.support.random_scenario import RandomScenario
from tests.support.sandbox_calls import (
    ACCOUNTS,
    EVENTS,
    SESSIONS,
    TRANSACTIONS,
    act,
    get,
    post,
    refresh,
)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "sandbox.jsonl"


def everything(sandbox):
    """Return the bodies of all GET requests, and what only the sandbox's owner sees."""
    state = sandbox.api.state
    return [
        [
            # Errors contain the ID of their request, which is always new.
            re.sub(rb"req_\w+", b"", reply.body)
            for merchant in state.merchants
            for path, query in reads(merchant)
            for reply in [get(sandbox, path, query, stripe_account=merchant.id)]
        ],
        sandbox.events,
        sandbox.notifications,
        [(hook.url, hook.secret, hook.sent) for hook in sandbox.webhooks],
        sandbox.api.faults.pending,
        sandbox.api.quirks,
        sandbox.rate_limits,
        sandbox.customers,
        list(sandbox.api.keys),
        (state.now, sandbox.clock.now()),
        [(job.due, job.number) for job in sorted(state.schedule)],
    ]


def reads(merchant):
    """Yield the path and query of all GET requests that do not count as polls."""
    yield ACCOUNTS, "limit=100&expand[]=data.ownership"
    yield EVENTS, "limit=100"
    for session in merchant.sessions:
        yield f"{SESSIONS}/{session}", "expand[]=accounts.data.account_holder.customer"
    for event in merchant.events:
        yield f"{EVENTS}/{event.id}", ""
    for account in merchant.accounts:
        if account.status != "disconnected":
            yield TRANSACTIONS, f"account={account.id}&limit=100"
        if account.ownership:
            owners = f"{ACCOUNTS}/{account.id}/owners"
            yield owners, f"ownership={account.ownership.id}"


def restart(sandbox, path, seed=0, **options):
    sandbox.close()
    return Sandbox(seed, state=path, **options)


@pytest.mark.parametrize("seed", range(4))
def test_a_sandbox_is_the_same_after_random_actions_and_restarts(path, seed):
    random = Random(seed)
    scenario = RandomScenario(seed, Sandbox(seed, state=path))
    for _ in scenario.run():
        if random.random() < 0.05:
            before = everything(scenario.sandbox)
            scenario.sandbox = restart(scenario.sandbox, path, seed)
            assert before == everything(scenario.sandbox)
    before = everything(scenario.sandbox)
    assert before == everything(restart(scenario.sandbox, path, seed))


@pytest.mark.parametrize("seed", range(2))
def test_restarts_do_not_change_what_happens_later(path, seed):
    random = Random(seed)
    kept, other = RandomScenario(seed, Sandbox(seed, state=path)), RandomScenario(seed)
    for _ in zip(kept.run(), other.run(), strict=True):
        if random.random() < 0.1:
            kept.sandbox = restart(kept.sandbox, path, seed)
    assert everything(kept.sandbox) == everything(other.sandbox)


def mixed_session(sandbox):
    """Change a sandbox in every way that is not in `RandomScenario`."""
    customer = sandbox.add_customer(email="ada@example.com", name="Ada")
    connected = sandbox.add_connected_account()
    sandbox.add_account(stripe_account=connected, transactions=2)
    sandbox.add_key(read_only=True)
    holder = {"type": "customer", "customer": customer}
    created = post(
        sandbox,
        SESSIONS,
        {"account_holder": holder, "permissions": ["balances", "transactions"]},
        idempotency_key="session",
    ).json
    [account] = sandbox.complete(
        created["id"], [NewAccount(transactions=40, balance=5_000)]
    )
    sandbox.add_webhook("http://127.0.0.1:9/snapshot")
    sandbox.add_webhook("http://127.0.0.1:9/thin", event_payload="thin")
    act(sandbox, account, "subscribe", features=["transactions"])
    refresh(sandbox, account, "balance")
    get(sandbox, f"{ACCOUNTS}/{account}")
    [pending, other] = sandbox.add_transactions(account, 2, status="pending")
    sandbox.post(pending)
    sandbox.void(other, at_next_refresh=True)
    sandbox.set_balance(account, 7)
    sandbox.fail_refreshes(account, "balance")
    sandbox.advance(86_400.25)
    act(sandbox, account, "unsubscribe", features=["transactions"])
    sandbox.restore_refreshes(account)
    sandbox.deactivate(account, after=60)
    sandbox.inject(
        Fault("unavailable", operation="refresh_account", times=3),
        Fault("latency", operation="subscribe_account", times=None),
    )
    assert 503 == refresh(sandbox, account, "balance").status
    sandbox.set_quirks("owners_null", "account_pending")
    sandbox.rate_limits = RateLimits(writes=50)
    sandbox.add_customer_account()
    with pytest.raises(LookupError):
        sandbox.disconnect("fca_unknown")
    return account


def test_every_kind_of_change_survives_a_restart(path):
    sandbox = Sandbox(state=path)
    account = mixed_session(sandbox)
    before = everything(sandbox)

    sandbox = restart(sandbox, path)

    assert before == everything(sandbox)
    sandbox.api.faults.clear()
    assert "inactive" != get(sandbox, f"{ACCOUNTS}/{account}").json["status"]
    sandbox.advance(60)
    assert "inactive" == get(sandbox, f"{ACCOUNTS}/{account}").json["status"]
    before = everything(sandbox)
    assert before == everything(restart(sandbox, path))


def test_responses_stored_under_idempotency_keys_survive_a_restart(path):
    sandbox = Sandbox(state=path)
    account = sandbox.add_account()
    url, body = f"{ACCOUNTS}/{account}/refresh", {"features": ["balance"]}
    sandbox.inject(Fault("stored_server_error"))
    failed = post(sandbox, url, body, idempotency_key="one")
    worked = post(sandbox, url, body, idempotency_key="two")

    sandbox = restart(sandbox, path)

    for key, first in (("one", failed), ("two", worked)):
        again = post(sandbox, url, body, idempotency_key=key)
        assert (first.status, first.body) == (again.status, again.body)
        assert first.headers["Request-Id"] == again.headers["Original-Request"]
        assert first.headers["Request-Id"] != again.headers["Request-Id"]


def test_only_requests_that_change_something_are_written(path):
    sandbox = Sandbox(state=path)
    account = sandbox.add_account(permissions=["balances"])
    refresh(sandbox, account, "balance")
    size = path.stat().st_size

    get(sandbox, ACCOUNTS)
    post(sandbox, f"{ACCOUNTS}/{account}/refresh", {"features": ["unknown"]})
    assert size == path.stat().st_size
    get(sandbox, f"{ACCOUNTS}/{account}")  # counts as a poll of the refresh
    assert size < path.stat().st_size


def test_a_ticking_clock_continues_after_a_restart(path):
    time = 5.5
    clock = Clock(1_000, ticking=True, timer=lambda: time)
    sandbox = Sandbox(clock=clock, state=path)
    account = sandbox.add_account(balance=1)
    time += 100.75
    refresh(sandbox, account, "balance")
    sandbox.advance(1_000)
    now, before = sandbox.clock.now(), everything(sandbox)[:-2]

    for _ in range(2):
        sandbox = restart(sandbox, path, clock=Clock(1_000))

    assert now == sandbox.clock.now()
    assert before == everything(sandbox)[:-2]


def test_time_that_passes_while_the_sandbox_is_not_running_counts(path):
    sandbox = Sandbox(clock=Clock(1_000), state=path)
    account = sandbox.add_account()
    sandbox.deactivate(account, after=60)

    sandbox = restart(sandbox, path, clock=Clock(2_000))

    assert 2_000 == sandbox.clock.now()
    reply = get(sandbox, f"{ACCOUNTS}/{account}")
    assert "inactive" == reply.json["status"]
    assert 1_060 == sandbox.events[-1]["created"]


@pytest.mark.parametrize("name", ["demo", "rate-limited", "slow-institution"])
def test_a_scenario_is_restored_with_its_customer(path, name):
    scenario = Scenario.from_state_file(path, name, seed=3, clock=Clock())
    scenario.sandbox.add_account(customer=scenario.customer)
    before = everything(scenario.sandbox)
    scenario.sandbox.close()

    again = Scenario.from_state_file(path, clock=Clock())

    assert scenario.customer == again.customer
    assert before == everything(again.sandbox)


def test_events_that_were_not_delivered_are_delivered_after_a_restart(path):
    received, is_up = [], False

    def receive(request):
        received.append(json.loads(request.content)["id"])
        return httpx.Response(200 if is_up else 500)

    def deliver(sandbox):
        async def run():
            async with httpx.AsyncClient(
                transport=httpx.MockTransport(receive)
            ) as client:
                await sandbox.deliver_webhooks(client, sleep=no_sleep)

        anyio.run(run)

    async def no_sleep(_):
        pass

    is_up = True
    sandbox = Sandbox(state=path)
    sandbox.add_webhook("http://127.0.0.1:9/")
    sandbox.add_account()
    deliver(sandbox)
    [first] = received
    sandbox.add_account()

    sandbox = restart(sandbox, path)
    pending = get(sandbox, f"{EVENTS}/{first}").json["pending_webhooks"]
    deliver(sandbox)

    assert 0 == pending
    assert [event["id"] for event in sandbox.events] == received


def test_a_sandbox_survives_kill_9_between_requests(path):
    command = [sys.executable, "-m", "financial_connections.sandbox", "--port", "0"]

    def start():
        process = subprocess.Popen(
            [*command, "--state", path], stdout=subprocess.PIPE, text=True
        )
        lines = [process.stdout.readline().split() for _ in range(4)]
        return process, dict(line[-2:] for line in lines if len(line) > 1)

    def request(values, method, url, **options):
        headers = {"Authorization": "Bearer sk_test_sandbox"}
        response = httpx.request(
            method, values["Sandbox"] + url, headers=headers, timeout=30, **options
        )
        assert 200 == response.status_code
        return response

    process, values = start()
    try:
        added = {"customer": values["Customer"], "transactions": 5, "balance": 1}
        account = request(values, "POST", "/_sandbox/accounts", json=added).json()
        url = f"{ACCOUNTS}/{account['account']}/disconnect"
        request(values, "POST", url, data={"expand[]": "ownership"})
        before = request(values, "GET", ACCOUNTS).content
    finally:
        process.kill()
        process.communicate()
    process, again = start()
    try:
        assert values["Customer"] == again["Customer"]
        assert before == request(again, "GET", ACCOUNTS).content
    finally:
        process.kill()
        process.communicate()


def test_an_incomplete_last_line_is_removed(path):
    sandbox = Sandbox(state=path)
    sandbox.add_account()
    before = everything(sandbox)
    sandbox.close()
    content = path.read_bytes()
    path.write_bytes(content + b'{"at": 1700000000, "call": "add_acc')

    sandbox = Sandbox(state=path)

    assert before == everything(sandbox)
    assert path.read_bytes().startswith(content + b'{"at": 1700000000.0, "call": "rest')


@pytest.mark.parametrize("content", ["a, b\n1, 2\n", "[]\n", "{}\n", "\n", "{", "\0"])
def test_another_file_is_rejected_and_not_changed(path, content):
    path.write_text(content)
    with pytest.raises(StateFileError, match=r"sandbox\.jsonl is not a state file"):
        Sandbox(state=path)
    assert content == path.read_text()


def test_the_command_does_not_start_with_another_file(path, capsys):
    path.write_text("milk\n")
    assert [1, 1] == [main(["--state", str(name)]) for name in (path, path / "none")]
    assert (
        f"{path} is not a state file of the sandbox\n"
        f"Cannot use {path}/none: Not a directory\n"
    ) == capsys.readouterr().err


@pytest.mark.parametrize(
    ("line", "changed", "message"),
    [
        (1, ('_sandbox": 1', '_sandbox": 2'), "in a format that this version cannot"),
        (1, ('"start"', '"end"'), "in a format that this version cannot"),
        (1, ('"check": "', '"check": "x'), "line 1 gives a different result"),
        (2, ("{", ""), "damaged in line 2"),
        (2, ('"at": 1', '"at": "1'), "damaged in line 2"),
        (2, ("add_account", "add_unknown"), "line 2 gives a different result"),
        (
            2,
            ('"transactions": 3', '"transactions": 4'),
            "line 5 gives",
        ),
    ],
)
def test_a_damaged_or_old_file_is_rejected(path, line, changed, message):
    sandbox = Sandbox(state=path)
    account = sandbox.add_account(transactions=3)
    act(sandbox, account, "disconnect")
    sandbox.add_transactions(sandbox.add_account(), 2)
    sandbox.close()
    lines = path.read_text().splitlines(keepends=True)
    assert changed[0] in lines[line - 1]
    lines[line - 1] = lines[line - 1].replace(*changed)
    path.write_text("".join(lines))

    with pytest.raises(StateFileError, match=message):
        Sandbox(state=path)


def test_a_file_of_a_sandbox_with_other_settings_is_rejected(path):
    Sandbox(seed=1, state=path).close()
    for options, name in [
        ({"seed": 2}, "seed"),
        ({"seed": 1, "api_key": "sk_test_other"}, "api_key"),
        ({"seed": 1, "rules": Rules(refresh_polls=None)}, "rules"),
    ]:
        with pytest.raises(StateFileError, match=f"a different value of {name}"):
            Sandbox(**options, state=path)
    with pytest.raises(StateFileError, match="a different value of"):
        Scenario.from_state_file(path)
    Sandbox(seed=1, state=path).close()


@pytest.mark.skipif(sys.platform == "win32", reason="files are not locked on Windows")
def test_two_sandboxes_cannot_use_the_same_file(path):
    sandbox = Sandbox(state=path)
    with pytest.raises(StateFileError, match="in use by another sandbox"):
        Sandbox(state=path)
    sandbox.close()
    Sandbox(state=path).close()


def test_a_closed_sandbox_can_be_read_but_not_changed(path):
    sandbox = Sandbox(state=path)
    account = sandbox.add_account()
    sandbox.close()
    sandbox.close()
    with pytest.raises(OSError, match="is closed"):
        sandbox.add_account()
    assert [account] == sandbox.accounts
    Sandbox().close()


def test_nothing_more_is_changed_after_the_disk_was_full(path, monkeypatch):
    def fail(_):
        raise OSError(28, "No space left on device")

    sandbox = Sandbox(state=path)
    sandbox.add_account()
    content = path.read_bytes()
    with monkeypatch.context() as patch:
        patch.setattr("os.fsync", fail)
        with pytest.raises(OSError, match="No space left"):
            sandbox.add_account()
    assert content == path.read_bytes()
    with pytest.raises(OSError, match="an earlier attempt failed"):
        sandbox.add_account()
    assert 1 == len(Sandbox(state=path).accounts)


def test_an_argument_that_cannot_be_written_changes_nothing(path):
    sandbox = Sandbox(state=path)
    with pytest.raises(TypeError, match="type object cannot be written"):
        sandbox.add_customer(name=object())
    assert [] == sandbox.customers
    assert [] == restart(sandbox, path).customers


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no file modes")
def test_only_the_owner_can_read_the_file(path):
    Sandbox(state=path).close()
    assert 0o600 == path.stat().st_mode & 0o777


@pytest.mark.anyio
async def test_a_served_sandbox_writes_changes_made_over_http(path):
    sandbox = Sandbox(state=path)
    async with (
        serve(sandbox) as server,
        httpx.AsyncClient(
            base_url=server.url, headers={"Authorization": f"Bearer {sandbox.api_key}"}
        ) as client,
    ):
        await client.post("/_sandbox/accounts", json={"transactions": 2})
        await client.post("/_sandbox/faults", json={"kind": "unavailable", "times": 9})
        await client.delete("/_sandbox/faults")
        await client.post("/_sandbox/rate_limits", json={"total": 50})
        hook = {"url": "http://127.0.0.1:9/"}
        await client.post("/_sandbox/webhooks", json=hook)
        await client.delete("/_sandbox/webhooks")
        await client.post("/_sandbox/advance", json={"seconds": 5.5})
        await client.post("/_sandbox/accounts", json={"transactions": -(10**30)})
    before = everything(sandbox)
    assert before == everything(restart(sandbox, path))
