"""Output on terminals of 80 and 120 columns, compared with the files in `screens`.

`FINCON_UPDATE_SCREENS=1 pytest tests/cli/test_screens.py` rewrites the files. The data
comes from the embedded sandbox, whose clock is stopped, so the output never changes.
"""

import os
from pathlib import Path

import pytest

from tests.support.cli_process import run_in_terminal, visible_screen

SCREENS = Path(__file__).with_name("screens")
CHECKING, INACTIVE = "fca_4b29411f15a1ca9e28469ee2", "fca_3e286881826b3796ee454f89"
CUSTOMER = "cus_c24f971945bd0a85fa4122cf"
COMMANDS = {
    "accounts": ["accounts", "list"],
    "balances": ["accounts", "list", "--chart"],
    "account": ["accounts", "retrieve", CHECKING],
    "inactive": ["accounts", "refresh", INACTIVE, "--feature", "balance"],
    "owners": ["accounts", "owners", CHECKING],
    "transactions": ["transactions", "list", "--account", CHECKING],
    "spending": ["transactions", "list", "--account", CHECKING, "--chart"],
    "session": [
        "sessions",
        "create",
        "--customer",
        CUSTOMER,
        "--permission",
        "balances",
        "--country",
        "US",
    ],
}


@pytest.mark.parametrize("columns", [80, 120])
@pytest.mark.parametrize("name", COMMANDS)
def test_a_screen_matches_its_file(name, columns):
    output, _ = run_in_terminal("--sandbox", *COMMANDS[name], columns=columns)
    screen = visible_screen(output)
    file = SCREENS / f"{name}-{columns}.txt"
    if os.environ.get("FINCON_UPDATE_SCREENS"):
        file.write_text(screen)
    assert file.read_text() == screen
    if name != "inactive":  # an error is one line, however long
        assert columns >= max(map(len, screen.splitlines()))


def test_every_screen_belongs_to_a_command():
    assert {f"{name}-{columns}.txt" for name in COMMANDS for columns in (80, 120)} == {
        file.name for file in SCREENS.iterdir()
    }
