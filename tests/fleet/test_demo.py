"""The demonstration: what it shows, and a short run of it."""

import io
import json

import attrs
import httpx
import pytest
from rich.console import Console

from financial_connections.cli import main
from financial_connections.cli.fleet.demo.board import Board, Process
from financial_connections.cli.fleet.demo.conductor import Conductor
from financial_connections.cli.fleet.demo.page import page_server
from financial_connections.cli.fleet.demo.picture import draw
from financial_connections.cli.fleet.demo.screen import screen_for
from financial_connections.fleet import DeadAccount, embedded

URL = "http://127.0.0.1:9"
RESULT = {
    "is_equal": True,
    "stored_transactions": 1_234,
    "sandbox_transactions": 1_234,
    "stored_digest": "ab" * 32,
    "sandbox_digest": "ab" * 32,
    "changes": 1_234,
    "repeated_changes": 0,
    "seconds": 12.3,
    "requests": 300,
    "rejected_requests": 0,
    "peak_rate": 99,
    "rate_limit": 100,
}


@pytest.fixture
def times():
    """A list whose only item is the time of the board."""
    return [0.0]


@pytest.fixture
def board(times):
    board = Board(100, clock=lambda: times[0])
    board.progress = attrs.evolve(
        board.progress, accounts=1_000, done=900, running=9, dead=1, due=90
    )
    board.processes = (Process("worker 1", 123, "killed", 45),)
    board.dead = (DeadAccount("fca_1", "", "NotFoundError: \x1b[31m", 0.0, 0),)
    board.announce("worker 1 is killed", is_alarming=True)
    return board


def picture(board, **settings):
    screen = Console(file=io.StringIO(), width=90, **settings)
    screen.print(draw(board, URL))
    return screen.file.getvalue()


def test_the_screen_shows_the_board(board):
    text = picture(board)
    bar, legend = text.splitlines()[3:5]
    assert f"{'█' * 44}▓█{'░' * 4}   90%" == bar.strip()
    assert ["900 done", "9 running", "0 waiting", "1 dead", "90 due"] == [
        part.strip("█▓▒░ ") for part in legend.split("   ") if part.strip("█▓▒░ ")
    ]
    assert ["worker", "1", "123", "killed", "45"] in [
        line.split() for line in text.splitlines()
    ]
    assert "worker 1 is killed" in text
    assert "nothing lost" not in text
    board.result = RESULT
    assert "nothing lost, nothing doubled" in picture(board)
    board.result = RESULT | {"is_equal": False}
    assert "they differ" in picture(board)


def test_json_lines_contain_the_board(board, capsys):
    with screen_for(board, URL, is_json=True, is_terminal=True) as screen:
        screen.update()
    [line] = capsys.readouterr().out.splitlines()
    expected = board.to_dict()
    del expected["rates"]
    assert json.loads(json.dumps(expected)) == json.loads(line)


def test_a_terminal_keeps_the_last_picture(board, capsys):
    with screen_for(board, URL, is_json=False, is_terminal=True) as screen:
        board.result = RESULT
        screen.update()
    assert "nothing lost, nothing doubled" in capsys.readouterr().out


def test_errors_cannot_control_the_terminal(board):
    assert "\x1b[31m" not in picture(board)


def test_the_rate_is_measured_over_two_seconds(times, board):
    for time, requests in (0.0, 0), (1.5, 150), (3.0, 150), (4.0, 350):
        times[0] = time
        board.count(requests, 0)
    assert [0.0, 100.0, 25.0, 100.0] == [rate for _, rate in board.rates]


def test_the_page_loads_nothing_from_elsewhere(board):
    with page_server(board) as server:
        page = httpx.get(server.url)
        status = httpx.get(f"{server.url}/status.json")
        foreign = httpx.get(server.url, headers={"Host": "example.com"})
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    assert "http" not in page.text
    assert json.loads(json.dumps(board.to_dict())) | {"seconds": 0} == (
        status.json() | {"seconds": 0}
    )
    assert 400 == foreign.status_code


def test_a_short_demonstration_prints_lines(capsys):
    assert 0 == main(["fleet", "demo", "--accounts", "4", "--workers", "1"])
    output = capsys.readouterr().out
    assert "status page: http://127.0.0.1:" in output
    assert "is killed with SIGKILL" in output
    assert "3 done, 0 due, 0 running, 0 waiting, 1 dead" in output
    assert "0 of them repeated" in output


def test_different_transactions_exit_with_status_1(monkeypatch, capsys):
    async def run(conductor, show):
        conductor._board.result = RESULT | {"is_equal": False}
        show()

    monkeypatch.setattr(Conductor, "run", run)
    assert 1 == main(["fleet", "demo", "--accounts", "4"])
    assert "differ from those of the sandbox" in capsys.readouterr().err


def test_the_embedded_server_names_its_extra(monkeypatch):
    monkeypatch.setattr(embedded, "find_spec", lambda _: None)
    with (
        pytest.raises(ModuleNotFoundError, match=r"connections\[fleet-demo\]"),
        embedded.postgres_server(),
    ):
        pass
