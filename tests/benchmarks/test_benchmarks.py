"""Workloads, data and server of the benchmarks; tests/soak runs the benchmarks."""

import gzip
import json
import os

import pytest

from benchmarks import cores
from benchmarks.measures import Task
from benchmarks.measures.__main__ import WITH_CLIENT, WITHOUT_CLIENT
from benchmarks.server import (
    account_body,
    account_id,
    page_body,
    respond,
    transacted_at,
    transaction_id,
)
from benchmarks.workloads import WORKLOADS, Workload, title_of


def test_pages_contain_every_transaction_once():
    account = account_id(items=250)
    first = json.loads(page_body(account, 100, None))
    last = json.loads(page_body(account, 100, transaction_id(account, 199)))
    assert [transaction_id(account, index) for index in range(100)] == [
        item["id"] for item in first["data"]
    ]
    assert [transaction_id(account, index) for index in range(200, 250)] == [
        item["id"] for item in last["data"]
    ]
    assert {account} == {item["account"] for item in first["data"]}
    assert (True, False) == (first["has_more"], last["has_more"])
    assert page_body(account, 100, None) == json.dumps(first, indent=2).encode()


def test_the_server_returns_what_is_requested():
    root = "/v1/financial_connections"
    account = account_id(items=3, latency_ms=80)
    response, delay = respond(f"{root}/transactions?account={account}&limit=2")
    head, _, body = response.partition(b"\r\n\r\n")
    assert 0.08 == delay
    assert head.startswith(b"HTTP/1.1 200 OK\r\n")
    assert b"Content-Length: %d\r\n" % len(body) in head
    assert 2 == len(json.loads(body)["data"])

    response, delay = respond(f"{root}/accounts/fca_é")
    assert (account_body("fca_é"), 0) == (response.partition(b"\r\n\r\n")[2], delay)
    assert "fca_é" == json.loads(account_body("fca_é"))["id"]
    assert respond("/v1/charges")[0].startswith(b"HTTP/1.1 404")


def test_the_server_lists_transactions_up_to_a_time():
    account = account_id(items=3000)
    path = f"/v1/financial_connections/transactions?account={account}&limit=1"
    for until, index in [
        (transacted_at(7), 7),
        (transacted_at(7) - 1, 8),
        (transacted_at(0) + 9, 0),
    ]:
        body = respond(f"{path}&transacted_at[lte]={until}")[0].partition(b"\r\n\r\n")[
            2
        ]
        (item,) = json.loads(body)["data"]
        assert transaction_id(account, index) == item["id"]
        assert transacted_at(index) == item["transacted_at"]


def test_transactions_of_an_unknown_account_have_an_unknown_field():
    pages = [
        json.loads(page_body(account_id(items=1, name=name), 100, None))
        for name in ("", "unknown")
    ]
    (known,), (unknown,) = (page["data"] for page in pages)
    assert {"unknown"} == unknown.keys() - known.keys()


def test_the_server_lists_accounts():
    body = respond("/v1/financial_connections/accounts?limit=1")[0].partition(
        b"\r\n\r\n"
    )[2]
    assert ["ID"] == [account["id"] for account in json.loads(body)["data"]]


def test_the_server_compresses_what_it_returns():
    path = f"/v1/financial_connections/transactions?account={account_id(items=3)}"
    plain, compressed = respond(path)[0], respond(path, is_compressed=True)[0]
    head, _, body = compressed.partition(b"\r\n\r\n")
    assert b"Content-Encoding: gzip\r\n" in head
    assert b"Content-Length: %d\r\n" % len(body) in head
    assert plain.partition(b"\r\n\r\n")[2] == gzip.decompress(body)


def test_workloads_and_targets_use_known_names():
    names = [workload.name for workload in WORKLOADS]
    assert len(set(names)) == len(names)
    for workload in WORKLOADS:
        assert (workload.measure in WITH_CLIENT) != (workload.measure in WITHOUT_CLIENT)
        known = set(workload.contenders)
        assert len(known) == len({title_of(one) for one in known})
        assert {*workload.newest, workload.base or "ours"} <= known | {"ours"}
        assert len(workload.newest) in {0, 2}
        for target in workload.targets:
            others = {target.other, target.floor} - {None}
            assert {target.contender, *others} <= known
            assert (target.figure or workload.first_figure) in workload.units
            assert (target.at_least is None) != (target.at_most is None)


def test_the_parameters_of_a_variant_precede_those_of_the_workload():
    table = {"name": "x", "title": "X", "measure": "x", "units": {"cpu": "s"}}
    workload = Workload(**table, contenders=[], params={"items": 7, "calls": 2})
    assert {"items": 7, "calls": 2} == workload.params_of("ours")
    assert {"items": 1000, "calls": 2} == workload.params_of("ours:thousand")
    assert "this SDK, 1,000 transactions" == title_of("ours:thousand")


def test_a_contender_uses_the_server_that_its_variant_names(monkeypatch):
    urls = {"plain": "http://one", "tls": "https://two"}
    monkeypatch.setenv("BENCHMARK_URLS", json.dumps(urls))
    params = WORKLOADS[0].params_of("ours:tls")
    assert "https://two" == Task(name="ours", **params).url
    assert "http://one" == Task(name="ours").url


@pytest.mark.parametrize(
    ("available", "pinned"),
    [({3, 1, 2}, [{1}, {3}]), ({2}, []), (None, [])],
)
def test_client_and_server_run_on_separate_cores(available, pinned, monkeypatch):
    calls = []
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: available, raising=False)
    monkeypatch.setattr(
        os, "sched_setaffinity", lambda _, to: calls.append(to), raising=False
    )
    if available is None:
        monkeypatch.delattr(os, "sched_getaffinity")
    cores.pin("client")
    cores.pin("server")
    assert pinned == calls
    assert bool(pinned) != ("not kept on separate cores" in cores.describe())
