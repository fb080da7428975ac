"""The `fincon transactions` commands `list`, `retrieve` and `sync`."""

import json
import stat

import pytest

from financial_connections.sandbox import Fault


def ids_of(rows):
    return [row["id"] for row in rows]


def test_a_list_reads_every_page(rows, sandbox):
    account = sandbox.add_account(transactions=230)
    listing = ("transactions", "list", "--account", account)
    assert 230 == len(rows(*listing))
    assert 7 == len(rows(*listing, "--limit", "7"))
    assert 230 == len(rows(*listing, "--limit", "0"))


def test_a_list_continues_after_or_before_an_item(rows, sandbox):
    account = sandbox.add_account(transactions=5)
    listing = ("transactions", "list", "--account", account)
    ids = ids_of(rows(*listing))
    assert ids[3:] == ids_of(rows(*listing, "--starting-after", ids[2]))
    assert ids[1::-1] == ids_of(rows(*listing, "--ending-before", ids[2]))


def test_a_list_can_be_filtered_by_time_and_refresh(rows, sandbox):
    account = sandbox.add_account(transactions=10)
    listing = ("transactions", "list", "--account", account)
    everything = rows(*listing)
    times = [row["transacted_at"] for row in everything]
    assert everything[3:7] == rows(*listing, "--since", times[6], "--until", times[3])
    refresh = everything[0]["transaction_refresh"]
    [added] = sandbox.add_transactions(account, 1)
    assert [added] == ids_of(rows(*listing, "--after-refresh", refresh))


def test_a_piped_chart_is_one_object_per_month(rows, sandbox):
    account = sandbox.add_account(transactions=50, currency="jpy")
    months = rows("transactions", "list", "--account", account, "--chart")
    assert 50 == sum(month["transactions"] for month in months)
    assert {"jpy"} == {month["currency"] for month in months}
    names = [month["month"] for month in months]
    assert sorted(names, reverse=True) == names


def test_a_single_object_is_printed_on_one_line(rows, sandbox):
    account = sandbox.add_account(transactions=1)
    [transaction] = rows("transactions", "list", "--account", account)
    assert [transaction] == rows("transactions", "retrieve", transaction["id"])
    assert account == rows("accounts", "retrieve", account)[0]["id"]


def test_a_sync_prints_changes_and_saves_its_cursor(rows, sandbox, tmp_path):
    account, state = sandbox.add_account(transactions=120), tmp_path / "state"
    sync = ["transactions", "sync", "--account", account, "--state", state]
    assert 120 == len(rows(*sync))
    assert [] == rows(*sync)
    added = sandbox.add_transactions(account, 2)
    assert set(added) == set(ids_of(rows(*sync)))
    assert {"account", "cursor"} == set(json.loads(state.read_bytes()))


def test_the_next_sync_continues_a_failed_one(run, rows, sandbox, tmp_path):
    account, state = sandbox.add_account(transactions=250), tmp_path / "state"
    sync = ["transactions", "sync", "--account", account, "--state", state]
    sync += ["--max-retries", "0"]
    sandbox.inject(Fault("latency", operation="list_transactions", times=1))
    sandbox.inject(Fault("server_error", operation="list_transactions", times=1))
    status, out, _ = run(*sync)
    assert (4, 100) == (status, len(out.splitlines()))
    first = [json.loads(line)["id"] for line in out.splitlines()]
    assert 250 == len({*first, *ids_of(rows(*sync))})


@pytest.mark.parametrize("content", [b"", b"{}", b"\xff", b'{"cursor": "fcs1.broken"}'])
def test_an_invalid_state_file_is_rejected_and_kept(run, sandbox, tmp_path, content):
    state = tmp_path / "state"
    state.write_bytes(content)
    account = sandbox.add_account()
    sync = ("transactions", "sync", "--account", account, "--state", state)
    assert 2 == run(*sync)[0]
    assert content == state.read_bytes()


def test_writing_a_state_file_replaces_no_other_file(run, sandbox, tmp_path):
    account = sandbox.add_account(transactions=250)
    state, other = tmp_path / "cursor", tmp_path / "cursor.tmp"
    other.write_text("notes")
    sync = ("transactions", "sync", "--account", account, "--state", state)
    assert 0 == run(*sync)[0]
    assert "notes" == other.read_text()
    assert {state, other} == set(tmp_path.iterdir())
    assert 0o600 == stat.S_IMODE(state.stat().st_mode)
