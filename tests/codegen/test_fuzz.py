import json
from copy import deepcopy

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from codegen.access import SpecError
from codegen.contract.normalise import normalise
from codegen.contract.overlay import apply_overlays
from codegen.contract.prose import merge_prose
from codegen.contract.slicing import slice_document
from codegen.diff.changes import as_data, as_markdown, as_text
from codegen.diff.compare import diff
from codegen.files import GENERATED
from codegen.python.parse import parse_contract
from codegen.python.render import render
from codegen.reading import parse, sort_keys
from codegen.todo import FILES
from tests.codegen.conftest import ROOT, UPSTREAMS, copy_project, todo
from tests.support.tiny_spec import SPEC

DOCUMENTS = {
    "tiny": SPEC,
    "contract": parse(
        (ROOT / "openapi" / "financial_connections.yaml").read_bytes(), "contract"
    ),
    **{
        path.stem: sort_keys(parse(path.read_bytes(), path.name), path.name)
        for path in sorted(UPSTREAMS.glob("*.yaml"))
    },
}
JUNK = [
    *(
        None,
        True,
        7,
        1.5,
        "",
        "text",
        "class",
        "a-b",
        "\ud800",
        [],
        [1],
        ["x"],
        {},
        {"x": 1},
    ),
    *(
        {"$ref": 7},
        {"$ref": "#/x"},
        {"$ref": "#/components/schemas/Gone"},
        {"$ref": "#/components/schemas/Account"},
    ),
    *(
        {"type": "string", "enum": ["a", "A"]},
        {"type": ["string", "null"]},
        {"anyOf": [{}, {}]},
    ),
    {"type": "object", "properties": {"x": {"type": "string"}}},
]
NAMES = [
    "x",
    "class",
    "_raw",
    "to_dict",
    "a b",
    "",
    "1",
    "Model",
    "id",
    "account",
    "options",
    "$ref",
    "\ud800",
]
# A failure prints the whole mutant, which is large, so Hypothesis warns about it.
pytestmark = pytest.mark.filterwarnings("ignore::hypothesis.errors.HypothesisWarning")
# In the last tests, every example runs the generator, which is slow.
RELAXED = {"deadline": None, "suppress_health_check": list(HealthCheck)}


@st.composite
def mutants(draw, name):
    """Draw a copy of a document with parts removed, replaced, renamed or duplicated."""

    def one_of(choices):
        # The repr of `sampled_from` would contain whole specifications.
        return choices[draw(st.integers(0, len(choices) - 1))]

    document = deepcopy(DOCUMENTS[name])
    for _ in range(draw(st.integers(1, 3))):
        holder = document
        for _ in range(draw(st.integers(0, 12))):
            below = holder.values() if isinstance(holder, dict) else holder
            inner = [
                value for value in below if value and isinstance(value, dict | list)
            ]
            if not inner:
                break
            holder = one_of(inner)
        if not holder:
            continue
        key = one_of(
            list(holder) if isinstance(holder, dict) else list(range(len(holder)))
        )
        match one_of(["drop", "replace", "rename", "double"]), holder:
            case "drop", _:
                del holder[key]
            case "rename", dict():
                holder[one_of(NAMES)] = holder.pop(key)
            case "double", dict():
                holder[one_of(NAMES)] = deepcopy(holder[key])
            case "double", list():
                holder.append(deepcopy(holder[key]))
            case _:
                holder[key] = deepcopy(one_of(JUNK))
    return document


def check_message(error):
    location, _, reason = str(error).partition(": ")
    assert location
    assert reason


@settings(**RELAXED)
@given(document=mutants("tiny"))
def test_a_mutated_upstream_is_turned_into_a_contract_or_rejected(document):
    try:
        contract, _ = merge_prose(
            normalise(
                apply_overlays(sort_keys(slice_document(document), "document"), {})
            ),
            {},
        )
        parse_contract(contract)
    except SpecError as error:
        check_message(error)


@settings(**RELAXED)
@given(document=mutants("contract"))
def test_a_mutated_contract_is_processed_or_rejected(document):
    for stage in (parse_contract, lambda contract: merge_prose(contract, {})):
        try:
            stage(document)
        except SpecError as error:
            check_message(error)


@settings(max_examples=12, **RELAXED)
@given(document=mutants("contract"))
def test_a_mutated_contract_renders_to_valid_code_or_is_rejected(
    document, tmp_path_factory
):
    folder = tmp_path_factory.mktemp("mutant") / "package"
    try:
        render(document, folder)
    except SpecError as error:
        check_message(error)
        return
    files = list(folder.rglob("*.py"))
    assert files
    for path in files:
        compile(path.read_text(), path.name, "exec")


@pytest.fixture(scope="module")
def playground(tmp_path_factory):
    """Return a project that `run_in` restores, because copying it is slow."""
    tree = copy_project(tmp_path_factory.mktemp("playground") / "tree")
    return tree, tree.files()


def run_in(playground, name, document, *line):
    """Run a stage on a document, and check that it changes all files or none."""
    tree, before = playground
    actual = tree.files()
    for file in actual.keys() - before.keys():
        (tree.root / file).unlink()
    for file in (file for file in before if actual.get(file) != before[file]):
        (tree.root / file).parent.mkdir(parents=True, exist_ok=True)
        tree.write(file, before[file])
    # JSON can contain lone surrogates, which UTF-8 cannot.
    path = tree.write(name, json.dumps(document).encode())
    untouched = tree.files()
    result = tree.call(*line, *([path] if line[0] == "bump" else []))
    assert "Traceback" not in result.stderr
    assert "internal error" not in result.stderr
    if result.returncode == 1:
        assert 1 == len(result.stderr.splitlines())
        assert untouched == tree.files()
        return
    assert not [file for file in tree.files() if ".codegen-" in file]
    code = {
        file: text
        for file, text in tree.files().items()
        if file.startswith("src/") and "_generated/" in file
    }
    assert code
    for file, text in code.items():
        compile(text, file, "exec")
    if line[0] == "bump":
        # Steps remain for a person, but all files that are written are in sync.
        assert [] == todo(tree.call("check"), FILES)
    else:
        # A mutated contract has other descriptions and changes, or cannot be checked.
        assert f"{GENERATED}/" not in tree.call("check").stderr


@settings(max_examples=5, **RELAXED)
@given(document=mutants("stable"))
def test_a_bump_to_a_mutated_upstream_succeeds_or_is_rejected(document, playground):
    run_in(playground, "upstream.json", document, "bump")


@settings(max_examples=5, **RELAXED)
@given(document=mutants("preview"))
def test_a_bump_to_a_mutated_preview_succeeds_or_is_rejected(document, playground):
    run_in(playground, "upstream.json", document, "bump")


@settings(max_examples=5, **RELAXED)
@given(document=mutants("contract"))
def test_generating_code_from_a_mutated_contract_succeeds_or_is_rejected(
    document, playground
):
    run_in(playground, "openapi/financial_connections.yaml", document, "generate")


@settings(**RELAXED)
@given(old=mutants("contract"), new=mutants("contract"))
def test_mutated_contracts_are_compared_or_rejected(old, new):
    try:
        changes = diff(old, new)
    except SpecError as error:
        check_message(error)
        return
    for form in (as_text, as_markdown):
        assert not changes or len(changes) == len(form(changes).splitlines())
    json.dumps(as_data(changes))
