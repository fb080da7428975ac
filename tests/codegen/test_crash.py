"""Interrupted bumps change all files or none, or can be repaired."""

import shutil
from pathlib import Path

import pytest

from tests.codegen.conftest import copy_of_the_project
from tests.support.tiny_spec import spec

RENAMES = ("replace", "replace", "replace", "rename", "rename")


class DiedError(BaseException):
    """Stands for a signal that ends the process."""


@pytest.fixture
def upstream(tree):
    tree.drop_overlays()
    return tree.write("upstream.json", spec())


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    """Return the files after a bump that was not interrupted."""
    tree = copy_of_the_project(tmp_path_factory.mktemp("undisturbed") / "tree")
    tree.drop_overlays()
    assert 2 == tree.call("bump", tree.write("upstream.json", spec())).returncode
    return tree.files()


def dying(method, after, counts):
    """Return a method that raises after a number of calls."""

    def call(self, target):
        counts.append(self.name)
        if len(counts) > after:
            raise DiedError
        return method(self, target)

    return call


def is_unfinished(line):
    return "left by an interrupted run" in line


@pytest.mark.parametrize("after", range(len(RENAMES)))
def test_an_interrupted_bump_is_reported_and_repaired_by_the_next(
    tree, upstream, undisturbed, monkeypatch, after
):
    with monkeypatch.context() as patched:
        counts = []
        for name in set(RENAMES):
            patched.setattr(Path, name, dying(getattr(Path, name), after, counts))
        with pytest.raises(DiedError):
            tree.call("bump", upstream)
    checked = tree.call("check")
    assert 1 == checked.returncode
    assert [
        line
        for line in checked.stderr.splitlines()
        if "left by an interrupted run" in line
    ]
    assert 2 == tree.call("bump", upstream).returncode
    assert undisturbed == tree.files()


def test_a_bump_renames_exactly_the_listed_files(tree, upstream, monkeypatch):
    counts = []
    for name in set(RENAMES):
        monkeypatch.setattr(
            Path, name, dying(getattr(Path, name), len(RENAMES), counts)
        )
    assert 2 == tree.call("bump", upstream).returncode
    assert len(RENAMES) == len(counts)


def test_a_full_disk_changes_no_file(tree, upstream, monkeypatch):
    def full(*_, **__):
        raise OSError(28, "No space left on device", "x")

    before = tree.files()
    monkeypatch.setattr(shutil, "copytree", full)
    done = tree.call("bump", upstream)
    assert (1, "", "codegen: x: No space left on device\n") == (
        done.returncode,
        done.stdout,
        done.stderr,
    )
    assert before == tree.files()
