"""Starting and stopping of servers, and the command that runs one."""

import os
import select
import signal
import socket
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import httpx
import pytest

from financial_connections.sandbox import Fault, Sandbox, serve
from financial_connections.sandbox.__main__ import main
from financial_connections.sandbox.http.app import application
from financial_connections.sandbox.http.server import Server
from tests.support.sandbox_calls import ACCOUNTS, TRANSACTIONS


def threads():
    return [thread.name for thread in threading.enumerate() if thread.name == "sandbox"]


def is_open(url):
    parts = urlsplit(url)
    with socket.socket() as probe:
        return probe.connect_ex((parts.hostname, parts.port)) == 0


@pytest.mark.anyio
async def test_a_server_works_on_every_event_loop(sandbox):
    account = sandbox.add_account(transactions=3)
    async with serve(sandbox) as server:
        assert server.url.startswith("http://127.0.0.1:")
        async with httpx.AsyncClient(
            base_url=server.url, auth=(sandbox.api_key, "")
        ) as client:
            reply = await client.get(TRANSACTIONS, params={"account": account})
            assert (200, 3) == (reply.status_code, len(reply.json()["data"]))
            [new] = sandbox.add_transactions(account)
            assert (
                new
                == (await client.get(TRANSACTIONS, params={"account": account})).json()[
                    "data"
                ][0]["id"]
            )

    assert [] == threads()
    assert not is_open(server.url)


@pytest.mark.anyio
async def test_a_server_listens_only_inside_its_block(sandbox):
    server = serve(sandbox)
    assert not server.url
    async with server as entered:
        assert entered is server
        async with httpx.AsyncClient(
            base_url=server.url, auth=(sandbox.api_key, "")
        ) as client:
            assert 200 == (await client.get(ACCOUNTS)).status_code

    assert [] == threads()
    assert not is_open(server.url)


def test_a_server_works_without_an_event_loop_and_can_be_restarted(sandbox):
    server = serve(sandbox)
    urls = []
    for _ in range(2):
        with server:
            urls.append(server.url)
            assert 401 == httpx.get(server.url + ACCOUNTS).status_code
        assert not is_open(server.url)

    assert 2 == len(urls)
    assert [] == threads()


def signal_first_request(sandbox):
    """Return an event that is set once the sandbox handles a request."""
    started = threading.Event()
    take = sandbox.api.faults.take

    def take_and_signal(operation):
        started.set()
        return take(operation)

    sandbox.api.faults.take = take_and_signal
    return started


def test_stopping_does_not_wait_for_a_delayed_response(sandbox):
    """If the connection were not closed, the test would time out."""
    sandbox.inject(Fault("latency", seconds=3600))
    started = signal_first_request(sandbox)
    with ThreadPoolExecutor(1) as pool:
        with serve(sandbox) as server:
            request = pool.submit(
                httpx.get, server.url + ACCOUNTS, auth=(sandbox.api_key, ""), timeout=50
            )
            assert started.wait(20)
        with pytest.raises(httpx.TransportError):
            request.result()

    assert [] == threads()


@pytest.mark.parametrize("kind", ["latency", "slow_body"])
@pytest.mark.parametrize("hangs_up", [True, False])
def test_a_response_delayed_when_the_server_stops_leaves_nothing_in_the_log(
    sandbox, caplog, kind, hangs_up
):
    sandbox.inject(Fault(kind, seconds=3600))
    started = signal_first_request(sandbox)
    with serve(sandbox) as server:
        parts = urlsplit(server.url)
        with socket.create_connection((parts.hostname, parts.port)) as connection:
            connection.sendall(
                f"GET {ACCOUNTS} HTTP/1.1\r\nHost: localhost\r\n"
                f"Authorization: Bearer {sandbox.api_key}\r\n\r\n".encode()
            )
            assert started.wait(20)
            if not hangs_up:
                server.stop()

    assert [] == [
        record.getMessage()
        for record in caplog.records
        if record.name.startswith(("uvicorn", "asyncio"))
    ]


def test_concurrent_clients_do_not_lose_changes(sandbox):
    account = sandbox.add_account()
    with serve(sandbox) as server, ThreadPoolExecutor(8) as pool:
        url = server.url + TRANSACTIONS

        def read(_):
            sandbox.add_transactions(account)
            return httpx.get(
                url, params={"account": account}, auth=(sandbox.api_key, "")
            ).status_code

        assert [200] * 40 == list(pool.map(read, range(40)))
        data = httpx.get(
            url, params={"account": account, "limit": 100}, auth=(sandbox.api_key, "")
        ).json()["data"]

    assert 40 == len({item["id"] for item in data})


def test_a_port_in_use_raises_os_error(sandbox):
    with serve(sandbox) as server, pytest.raises(OSError, match="in use"):
        serve(Sandbox(), port=urlsplit(server.url).port).start()


def test_start_raises_errors_that_occur_in_the_server_thread(sandbox):
    def background():
        raise LookupError("no background task")

    server = Server(application(sandbox), background)
    with pytest.raises(LookupError, match="no background task"):
        server.start()
    server.stop()
    assert [] == threads()
    assert not is_open(server.url)


def run(*arguments):
    return subprocess.Popen(
        [sys.executable, "-m", "financial_connections.sandbox", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )


def banner(process):
    readable, _, _ = select.select([process.stdout], [], [], 50)
    assert readable
    lines = [process.stdout.readline() for _ in range(5)]
    return dict(line.split() for line in lines[:1] + lines[2:4]) | {
        "key": lines[1].split()[-1]
    }


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_command_prints_its_url_and_stops_on_a_signal(number):
    with run("--port", "0", "--seed", "1") as process:
        shown = banner(process)
        reply = httpx.get(
            shown["Sandbox"] + ACCOUNTS,
            params={"account_holder[customer]": shown["Customer"]},
            auth=(shown["key"], ""),
        )
        page = httpx.get(shown["Linking"])
        process.send_signal(number)
        _, errors = process.communicate(timeout=50)

    assert (200, 6) == (reply.status_code, len(reply.json()["data"]))
    assert 200 == page.status_code
    assert (0, "") == (process.returncode, errors)


def test_the_command_prints_the_secret_of_a_webhook():
    with run("--port", "0", "--webhook", "http://app:8000/stripe") as process:
        shown = [process.stdout.readline().split() for _ in range(6)]
        process.terminate()
        process.communicate(timeout=50)

    assert ["Webhook", "http://app:8000/stripe"] == shown[4]
    assert ["Secret", True] == [shown[5][0], shown[5][1].startswith("whsec_")]


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["--webhook", "app"], "a webhook URL must use http"),
        (["--scenario", "bogus"], "invalid choice: 'bogus'"),
        (["--seed", "x"], "invalid int value: 'x'"),
    ],
)
def test_an_invalid_option_is_reported_on_one_line(capsys, arguments, text):
    with pytest.raises(SystemExit) as error:
        main(arguments)
    assert 2 == error.value.code
    output, errors = capsys.readouterr()
    [line] = errors.splitlines()
    assert text in line
    assert "" == output


@pytest.mark.parametrize("port", ["99999", "in use"])
def test_a_port_that_cannot_be_used_is_reported_on_one_line(port):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        if port == "in use":
            port = str(listener.getsockname()[1])
        with run("--port", port) as process:
            output, errors = process.communicate(timeout=50)

    assert 1 == process.returncode
    [line] = errors.splitlines()
    assert line.startswith(f"Cannot listen on 127.0.0.1:{port}: ")
    assert "" == output
