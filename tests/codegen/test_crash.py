"""Interrupted and failed bumps."""

import shutil
from pathlib import Path

import pytest

from tests.codegen.conftest import copy_project
from tests.support.tiny_spec import spec

RENAMES = ("replace", "replace", "replace", "replace", "rename", "rename")


class KilledError(BaseException):
    """Stands in for a signal that kills the process."""


@pytest.fixture
def upstream(tree):
    tree.drop_overlays()
    return tree.write("upstream.json", spec())


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory):
    """Return the files after a bump that was not interrupted."""
    tree = copy_project(tmp_path_factory.mktemp("uninterrupted") / "tree")
    tree.drop_overlays()
    assert 2 == tree.call("bump", tree.write("upstream.json", spec())).returncode
    return tree.files()


def killed(method, after, calls):
    """Wrap a method so that it raises after a number of calls."""

    def call(self, target):
        calls.append(self.name)
        if len(calls) > after:
            raise KilledError
        return method(self, target)

    return call


@pytest.mark.parametrize("after", range(len(RENAMES)))
def test_an_interrupted_bump_is_reported_and_repaired_by_the_next_bump(
    tree, upstream, uninterrupted, monkeypatch, after
):
    with monkeypatch.context() as patched:
        calls = []
        for name in set(RENAMES):
            patched.setattr(Path, name, killed(getattr(Path, name), after, calls))
        with pytest.raises(KilledError):
            tree.call("bump", upstream)
    result = tree.call("check")
    assert 1 == result.returncode
    assert [
        line
        for line in result.stderr.splitlines()
        if "left over from an interrupted run" in line
    ]
    assert 2 == tree.call("bump", upstream).returncode
    assert uninterrupted == tree.files()


def test_a_bump_renames_exactly_the_listed_files(tree, upstream, monkeypatch):
    calls = []
    for name in set(RENAMES):
        monkeypatch.setattr(
            Path, name, killed(getattr(Path, name), len(RENAMES), calls)
        )
    assert 2 == tree.call("bump", upstream).returncode
    assert len(RENAMES) == len(calls)


def test_a_full_disk_changes_no_file(tree, upstream, monkeypatch):
    def fail(*_, **__):
        raise OSError(28, "No space left on device", "x")

    before = tree.files()
    monkeypatch.setattr(shutil, "copytree", fail)
    result = tree.call("bump", upstream)
    assert (1, "", "codegen: x: No space left on device\n") == (
        result.returncode,
        result.stdout,
        result.stderr,
    )
    assert before == tree.files()
