"""Shell completion."""

import pytest
from shellingham import ShellDetectionFailure

from financial_connections.cli import main
from tests.support.cli_process import fincon


def complete(shell, line):
    index = len(line.split()) - (not line.endswith(" "))
    variables = {
        "bash": {"COMP_WORDS": line, "COMP_CWORD": str(index)},
        "zsh": {"_TYPER_COMPLETE_ARGS": line},
        "fish": {
            "_TYPER_COMPLETE_ARGS": line,
            "_TYPER_COMPLETE_FISH_ACTION": "get-args",
        },
    }[shell]
    return fincon(**variables, _FINCON_COMPLETE=f"complete_{shell}").stdout


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_commands_and_values_are_completed(shell):
    assert "transactions" in complete(shell, "fincon tr")
    assert "owners" in complete(shell, "fincon accounts ")
    features = complete(shell, "fincon accounts refresh fca_1 --feature ")
    assert all(
        feature in features for feature in ("balance", "ownership", "transactions")
    )
    permissions = complete(shell, "fincon sessions create --permission ")
    assert "payment_method" in permissions
    assert "--json" in complete(shell, "fincon accounts list --js")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_for_a_given_shell_is_shown(capsys, shell):
    assert 0 == main(["--show-completion", shell])
    assert f"_FINCON_COMPLETE=complete_{shell}" in capsys.readouterr().out


def test_the_script_for_the_current_shell_is_shown(capsys, monkeypatch):
    def fail():
        raise ShellDetectionFailure

    monkeypatch.setattr("shellingham.detect_shell", lambda: ("fish", "/bin/fish"))
    assert 0 == main(["--show-completion"])
    assert "_FINCON_COMPLETE=complete_fish" in capsys.readouterr().out
    monkeypatch.setattr("shellingham.detect_shell", fail)
    assert 2 == main(["--show-completion"])
    assert "could not detect the current shell" in capsys.readouterr().err


def test_completion_is_installed_only_for_the_given_shell(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    assert 2 == main(["--install-completion", "tcsh"])
    assert 2 == main(["--install-completion", "powershell"])
    assert [] == list(tmp_path.iterdir())
    assert 0 == main(["--install-completion", "zsh"])
    assert {".zshrc", ".zfunc"} == {path.name for path in tmp_path.iterdir()}
