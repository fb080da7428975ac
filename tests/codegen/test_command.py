import itertools
import random
import re

import pytest

from codegen.diff.changelog import BEGIN, END
from codegen.files import read_document
from codegen.todo import ADDED, CODE, DESCRIPTIONS, EXCEPTIONS, NAMES, OVERLAYS, REMOVED
from tests.codegen.conftest import UPSTREAMS, todo
from tests.support.tiny_spec import spec, variants, widget

CONTRACT = "openapi/financial_connections.yaml"
PACKAGE = "src/financial_connections"
GENERATED = f"{PACKAGE}/_generated"


@pytest.mark.parametrize(
    "line",
    [
        [],
        ["bump"],
        ["bump", "a", "b"],
        ["nothing"],
        ["diff", "a"],
        ["diff", "a", "b", "--json", "--markdown"],
    ],
)
def test_an_invalid_command_line_is_reported_on_one_line(tree, line):
    result = tree.call(*line)
    assert 1 == result.returncode
    assert "" == result.stdout
    assert result.stderr.startswith("codegen: ")
    assert 1 == len(result.stderr.splitlines())


@pytest.mark.parametrize(
    "where",
    [
        "missing.yaml",
        ".",
        "http://127.0.0.1:9/spec.yaml",
        "https://127.0.0.1:9/spec.yaml",
    ],
)
def test_an_unreadable_upstream_is_reported_on_one_line(tree, where):
    result = tree.call("bump", where)
    assert 1 == result.returncode
    assert 1 == len(result.stderr.splitlines()), result.stderr


def test_a_stale_overlay_is_reported_and_changes_no_file(tree):
    overlay = {
        "overlay": "1.0.0",
        "info": {"title": "x", "version": "1"},
        "x-why": "x",
        "x-evidence": "x",
        "x-expect": [{"target": "$.info.version", "equals": "1999-01-01"}],
        "actions": [{"target": "$.info", "update": {"x": 1}}],
    }
    tree.drop_overlays()
    tree.write("openapi/overlays/900-old.yaml", overlay)
    upstream = tree.write("upstream", spec())
    before = tree.files()
    result = tree.call("bump", upstream)
    assert 1 == result.returncode
    assert result.stderr.startswith(
        "codegen: 900-old.yaml: x-expect[0]: stale: "
        "$.info.version no longer equals '1999-01-01'"
    )
    assert before == tree.files()


def test_an_upstream_that_does_not_match_the_overlays_is_rejected(tree):
    result = tree.call("bump", tree.write("upstream", spec()))
    assert 1 == result.returncode
    assert (
        "009-pending-account.yaml: x-expect[0]: stale: upstream does not have"
        in result.stderr
    )


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"paths: {}", "codegen: "),
        (b"[", "invalid YAML"),
        (
            (
                b'{"info": {"version": "2023-10-16"}, "paths": {}, '
                b'"components": {"schemas": {"X": {"$ref": 7}}}}'
            ),
            "codegen: ",
        ),
    ],
)
@pytest.mark.parametrize("stage", ["generate", "check", "prose"])
def test_an_invalid_contract_is_reported_and_changes_no_code(
    tree, stage, content, message
):
    tree.write(CONTRACT, content)
    before = tree.files()
    result = tree.call(stage)
    assert 1 == result.returncode
    assert "Traceback" not in result.stderr
    assert message in result.stderr
    assert before == tree.files()


def test_the_committed_code_matches_the_contract(tree):
    result = tree.run("check")
    assert (0, "", "") == (result.returncode, result.stdout, result.stderr)


def test_generating_again_changes_nothing(tree):
    before = tree.files()
    result = tree.run("generate")
    assert (0, "") == (result.returncode, result.stderr)
    assert before == tree.files()


def test_generate_restores_modified_code(tree):
    before = tree.files()
    tree.write(f"{GENERATED}/models/account.py", b"broken")
    tree.write(f"{GENERATED}/models/stray.py", b"stray")
    (tree.root / GENERATED / "api" / "__init__.py").unlink()
    result = tree.call("check")
    assert 1 == result.returncode
    assert [
        f"{GENERATED}/api/__init__.py: missing",
        f"{GENERATED}/models/account.py: differs",
        f"{GENERATED}/models/stray.py: unexpected file",
    ] == todo(result)
    assert 0 == tree.call("generate").returncode
    assert before == tree.files()


def test_code_does_not_depend_on_the_hash_seed(tree):
    before = tree.files()
    for seed in ("1", "2"):
        assert 0 == tree.run("generate", PYTHONHASHSEED=seed).returncode
        assert before == tree.files()


def test_new_descriptions_are_copied_into_the_contract_and_the_code(tree):
    path = tree.root / "openapi" / "prose.yaml"
    path.write_text(
        path.read_text().replace("Retrieve an account.", "Retrieve one account.")
    )
    result = tree.call("check")
    assert 1 == result.returncode
    assert (
        "Out of date (1):\n  openapi/financial_connections.yaml: "
        "the descriptions differ from openapi/prose.yaml\n" == result.stderr
    )
    assert 0 == tree.call("prose").returncode
    assert 0 == tree.call("check").returncode
    assert (
        "Retrieve one account."
        in (
            tree.root / GENERATED / "api" / "accounts" / "retrieve_account.py"
        ).read_text()
    )


def test_check_reports_missing_and_unused_descriptions(tree):
    path = tree.root / "openapi" / "prose.yaml"
    path.write_text(
        path.read_text().replace("  retrieve_account:\n", "  retrieve_acount:\n")
    )
    result = tree.call("check")
    assert 1 == result.returncode
    assert "missing description: operations.retrieve_account.summary" in todo(result)
    assert "unused description: operations.retrieve_acount" in todo(result)


def test_a_bump_writes_contract_record_and_code(tree):
    tree.drop_overlays()
    result = tree.call("bump", tree.write("upstream.json", spec()))
    assert 2 == result.returncode
    assert "missing description: operations.spin_widget.summary" in todo(result)
    assert "operationId: spin_widget" in (tree.root / CONTRACT).read_text()
    assert (
        'name = "upstream.json"' in (tree.root / "openapi" / "source.toml").read_text()
    )
    assert (
        'stripe_version = "2030-01-01"'
        in (tree.root / "openapi" / "source.toml").read_text()
    )
    assert (tree.root / GENERATED / "api" / "widgets" / "spin_widget.py").exists()
    assert not (tree.root / GENERATED / "api" / "accounts").exists()
    assert [] == [name for name in tree.files() if ".new" in name or ".old" in name]


def test_a_bump_prints_the_changes_and_drafts_the_changelog(tree):
    tree.drop_overlays()
    result = tree.call("bump", tree.write("upstream.json", spec()))
    assert 2 == result.returncode
    assert "+ operation spin_widget (additive)" in result.stdout.splitlines()
    assert (
        "- operation create_session (breaking for callers)"
        in result.stdout.splitlines()
    )
    steps = todo(result)
    assert f"{PACKAGE}/widgets.py: no class inherits from WidgetOperations" in steps
    module = f"{PACKAGE}/_refresh/operations.py"
    assert f"{module}: AccountOperations no longer exists" in steps
    assert "missing description: operations.spin_widget.summary" in steps
    assert "unused description: schemas.Account" in steps
    release = (tree.root / "CHANGELOG.md").read_text().split("### Stripe API")[1]
    assert "\n- Added operation `spin_widget` (*additive*).\n" in release
    assert (
        "\n- Removed operation `create_session` (*breaking for callers*).\n" in release
    )


def test_after_any_bumps_the_changelog_lists_the_changes_since_the_release(tree):
    tree.drop_overlays()
    upstreams = [
        tree.write(f"{number}.json", document)
        for number, document in enumerate(variants())
    ]
    tree.write("openapi/mentions.yaml", {})
    tree.call("bump", upstreams[0])
    assert 0 == tree.call("release").returncode
    contract, released = tree.root / CONTRACT, tree.root / "openapi" / "released.yaml"
    assert read_document(contract) == read_document(released)
    written = (tree.root / "CHANGELOG.md").read_text()
    assert "- Added operation `spin_widget` (*additive*).\n" in written
    for number in random.Random(7).choices(range(len(upstreams)), k=6):
        tree.call("bump", upstreams[number])
        changelog = (tree.root / "CHANGELOG.md").read_text()
        above, _, rest = changelog.partition(BEGIN)
        block, _, below = rest.partition(END)
        drafted = block.replace("\n  ", " ").strip()
        expected = tree.call("diff", "--markdown", released, contract).stdout
        assert bool(number) == bool(drafted)
        assert expected.splitlines() == drafted.splitlines()
        assert written.split() == (above + below).split()
    tree.call("bump", upstreams[0])
    assert written == (tree.root / "CHANGELOG.md").read_text()


def test_check_reports_what_hand_written_files_lack(tree):
    released = tree.root / "openapi" / "released.yaml"
    document = read_document(released)
    fields = document["components"]["schemas"]["Session"]["properties"]
    fields["zodiac"] = {"type": "string"}
    tree.write("openapi/released.yaml", document)
    tree.write(f"{PACKAGE}/cli/zodiac.py", b"zodiac = 3\n")
    tree.write("examples/old.py", b"from financial_connections.models import Zodiac\n")
    mentions = read_document(tree.root / "openapi" / "mentions.yaml")
    unneeded = {"names": ["zodiac"], "files": ["README.md"], "reason": "Test."}
    mentions["mentioned"] = [*mentions["mentioned"], unneeded]
    tree.write("openapi/mentions.yaml", mentions)
    result = tree.call("check")
    assert 1 == result.returncode
    assert [
        "Out of date (1):",
        (
            "  CHANGELOG.md: the list of changes differs from "
            "openapi/financial_connections.yaml"
        ),
        "Code to change (1):",
        "  examples/old.py: Zodiac no longer exists",
        "Removed names that are still mentioned (1):",
        (
            "  Session.zodiac is gone, but `zodiac` is still mentioned: "
            f"{PACKAGE}/cli/zodiac.py:1"
        ),
        "Exceptions in openapi/mentions.yaml that are not needed (1):",
        "  mentioned: zodiac in README.md",
    ] == result.stderr.splitlines()


def test_steps_are_grouped_by_kind_and_counted(tree):
    upstream = UPSTREAMS / "stable.yaml"
    result = tree.call("bump", upstream)
    lines = result.stderr.splitlines()
    counts = dict(re.findall(r"^(\S.*) \((\d+)\):$", result.stderr, re.MULTILINE))
    order = [CODE, REMOVED, ADDED, EXCEPTIONS, NAMES, DESCRIPTIONS, OVERLAYS]
    assert [kind for kind in order if kind in counts] == list(counts)
    assert {CODE, REMOVED, NAMES, DESCRIPTIONS, OVERLAYS} <= counts.keys()
    assert "  SessionStatus for Session.status" in lines
    # The names of overlays are on one line.
    overlays = lines.pop().split(", ")
    assert int(counts.pop(OVERLAYS)) == len(overlays)
    assert f"{OVERLAYS} ({len(overlays)}):" == lines.pop()
    is_step = [line.startswith("  ") for line in lines]
    assert list(map(int, counts.values())) == [
        len(list(group)) for key, group in itertools.groupby(is_step) if key
    ]
    again = tree.call("bump", upstream).stderr.splitlines()
    assert not [line for line in again if line.startswith((NAMES, OVERLAYS))]


def test_a_release_lists_the_exceptions_that_it_ends(tree):
    entry = {"names": ["x"], "files": ["README.md"], "reason": "Test."}
    tree.write("openapi/mentions.yaml", {"mentioned": [entry]})
    result = tree.call("release")
    assert (2, ["mentioned: x in README.md"]) == (result.returncode, todo(result))


def test_check_reports_a_changelog_with_other_changes(tree):
    tree.drop_overlays()
    tree.call("bump", tree.write("upstream.json", spec()))
    path = tree.root / "CHANGELOG.md"
    path.write_text(path.read_text().replace("`spin_widget`", "`turn_widget`"))
    assert (
        "CHANGELOG.md: the list of changes differs from "
        "openapi/financial_connections.yaml"
    ) in todo(tree.call("check"))


def test_bumping_to_the_same_upstream_again_changes_nothing(tree):
    tree.drop_overlays()
    upstream = tree.write("upstream.json", spec())
    first = tree.call("bump", upstream)
    before = tree.files()
    second = tree.call("bump", upstream)
    assert before == tree.files()
    assert (2, "nothing changed\n") == (second.returncode, second.stdout)
    # The first bump has pinned the new names.
    assert set(todo(second)) < set(todo(first))


def test_a_bump_can_be_compared_with_another_contract(tree):
    tree.drop_overlays()
    document = spec()
    widget(document)["size"] = {"type": "string"}
    upstream, old = tree.write("new.json", document), tree.write("old.json", spec())
    assert (
        "+ field Widget.size (additive)\n"
        == tree.call("bump", upstream, "--from", old).stdout
    )
    before = tree.files()
    assert (
        "+ field Widget.size (additive)\n"
        == tree.call("bump", "--from", old, upstream).stdout
    )
    assert before == tree.files()
    result = tree.call("bump", upstream, "--from", tree.write("bad.json", {"info": 7}))
    assert (1, "codegen: bad.json: openapi: not an OpenAPI 3 document\n") == (
        result.returncode,
        result.stderr,
    )


def test_an_invalid_source_record_is_rejected(tree):
    tree.write("openapi/source.toml", b"upstream = 7")
    assert (
        "codegen: openapi/source.toml: upstream: expected a mapping, got a number\n"
        == tree.call("check").stderr
    )


def test_a_project_file_that_is_not_utf_8_is_rejected(tree):
    tree.write("CHANGELOG.md", b"\xff")
    tree.drop_overlays()
    result = tree.call("bump", tree.write("upstream.json", spec()))
    assert (1, True) == (
        result.returncode,
        result.stderr.startswith("codegen: CHANGELOG.md: not valid UTF-8: "),
    )


def test_contract_prints_without_writing_files(tree):
    tree.drop_overlays()
    upstream = tree.write("upstream.json", spec())
    before = tree.files()
    result = tree.call("contract", upstream)
    assert 2 == result.returncode
    assert "operationId: spin_widget" in result.stdout
    assert before == tree.files()
