"""A bump that dies at any moment: what it leaves is all or nothing, or is found and
mended.
"""

import shutil
from pathlib import Path

import pytest

from tests.codegen.conftest import copy_of_the_project
from tests.support.tiny_spec import spec

RENAMES = ("replace", "replace", "replace", "rename", "rename")


class DiedError(BaseException):
    """Like a signal: nothing of ours catches it."""


@pytest.fixture
def upstream(tree):
    tree.drop_overlays()
    return tree.write("upstream.json", spec())


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    """All files after a bump that nothing happened to."""
    tree = copy_of_the_project(tmp_path_factory.mktemp("undisturbed") / "tree")
    tree.drop_overlays()
    assert 2 == tree.call("bump", tree.write("upstream.json", spec())).returncode
    return tree.files()


def dying(method, after, counts):
    """The method, until it has been called often enough."""

    def call(self, target):
        counts.append(self.name)
        if len(counts) > after:
            raise DiedError
        return method(self, target)

    return call


def is_unfinished(line):
    return "left by an interrupted run" in line


@pytest.mark.parametrize("after", range(len(RENAMES)))
def test_a_crash_between_renames_is_found_by_check_and_mended_by_another_run(
    tree, upstream, undisturbed, monkeypatch, after
):
    with monkeypatch.context() as patched:
        counts = []
        for name in set(RENAMES):
            patched.setattr(Path, name, dying(getattr(Path, name), after, counts))
        with pytest.raises(DiedError):
            tree.call("bump", upstream)
    found = tree.call("check")
    assert 1 == found.returncode
    assert [
        line
        for line in found.stderr.splitlines()
        if "left by an interrupted run" in line
    ]
    assert 2 == tree.call("bump", upstream).returncode
    assert undisturbed == tree.files()


def test_what_is_counted_above_is_all_that_is_renamed(tree, upstream, monkeypatch):
    counts = []
    for name in set(RENAMES):
        monkeypatch.setattr(
            Path, name, dying(getattr(Path, name), len(RENAMES), counts)
        )
    assert 2 == tree.call("bump", upstream).returncode
    assert len(RENAMES) == len(counts)


def test_a_full_disk_leaves_the_tree_as_it_was(tree, upstream, monkeypatch):
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
