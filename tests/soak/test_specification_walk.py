"""Bumps from the oldest of Stripe's specifications to the newest, and back."""

import itertools
import os
import signal
import sys

import pytest

from codegen.__main__ import main
from codegen.reading import parse
from tests.codegen.conftest import copy_project, names, spec_files
from tests.codegen.test_render import package
from tests.support.upstream_facts import lost_facts

__all__ = ["names", "spec_files"]

CHANGES = {"os.rename", "os.mkdir", "os.remove", "os.rmdir", "shutil.copytree"}
"""Audit events that are raised when a bump changes a file."""


@pytest.fixture(scope="module")
def specifications(spec_files):
    """Return each specification with its path, from the oldest to the newest."""
    documents = {path: parse(path.read_bytes(), path.name) for path in spec_files}
    return dict(sorted(documents.items(), key=lambda item: item[1]["info"]["version"]))


def bump_and_kill_after(tree, path, changes):
    """Bump in a process that kills itself before it changes another file.

    Returns:
        True if the process was killed, and False if the bump ended before.
    """
    process = os.fork()
    if not process:
        counter = itertools.count()

        def kill(event, _):
            if event in CHANGES and next(counter) >= changes:
                os.kill(os.getpid(), signal.SIGKILL)

        sys.stdout = sys.stderr = open(os.devnull, "w")  # noqa: PTH123, SIM115
        sys.addaudithook(kill)
        main(["--root", str(tree.root), "bump", str(path)])
        os._exit(0)
    _, status = os.waitpid(process, 0)
    return os.WIFSIGNALED(status)


@pytest.mark.timeout(0)  # the duration depends on the machine
def test_walking_down_and_up_loses_nothing_and_ends_with_the_committed_files(
    specifications, tmp_path
):
    tree = copy_project(tmp_path / "tree")
    before = tree.files()
    order = [*reversed(specifications), *list(specifications)[1:]]
    assert len(order) > 2
    kills = 0
    for number, path in enumerate(order):
        # A bump changes about twenty files, so this kills it at each of them in turn.
        for changes in (number % 5, 5 + number % 9, 14 + number):
            kills += bump_and_kill_after(tree, path, changes)
        result = tree.call("bump", path)
        assert result.returncode in {0, 2}, result.stderr
        assert "left over" not in tree.call("check").stderr
        generated = tree.root / "src" / "financial_connections" / "_generated"
        module = package(generated, f"walk_{number}", copies=tmp_path)
        tables = parse((tree.root / "openapi" / "names.yaml").read_bytes(), "names")
        assert [] == lost_facts(specifications[path], tables, module), path
    assert kills > len(order)
    assert before == tree.files()
