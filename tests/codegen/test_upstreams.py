import hashlib
import re
import tomllib

from openapi_spec_validator import OpenAPIV30SpecValidator

from codegen.access import Node
from codegen.contract.names import parse_names
from codegen.contract.normalise import normalise
from codegen.contract.overlay import apply_overlays
from codegen.contract.prose import merge_prose, parse_texts
from codegen.contract.slicing import EVENTS, slice_document
from codegen.python.render import render
from codegen.reading import parse
from codegen.writing import contract_text
from financial_connections import _generated
from tests.codegen.conftest import ROOT
from tests.codegen.test_render import package
from tests.support.upstream_facts import lost_facts

# Operations in every specification.
EVERYWHERE = {
    "create_session",
    "disconnect_account",
    "list_account_owners",
    "list_accounts",
    "refresh_account",
    "retrieve_account",
    "retrieve_session",
}


def test_every_upstream_results_in_a_working_package(
    slices, overlays, names, prose, tmp_path
):
    assert slices
    for index, (path, upstream) in enumerate(slices.items()):
        contract, _ = merge_prose(
            normalise(apply_overlays(upstream, overlays), parse_names(Node(names))),
            prose,
        )
        OpenAPIV30SpecValidator(contract).validate()
        render(contract, tmp_path / f"package{index}")
        module = package(tmp_path / f"package{index}", f"upstream_package{index}")
        assert upstream["info"]["version"] == module.API_VERSION, path
        assert set(module.api.__all__) >= EVERYWHERE, path
        assert {"Account", "AccountOwner", "Customer", "ErrorDetail", "Session"} <= set(
            module.models.__all__
        ), path


def without_events(upstream):
    """Return a slice without the paths of events, which older slices lack."""
    paths = {
        path: item
        for path, item in upstream["paths"].items()
        if not EVENTS.fullmatch(path)
    }
    return slice_document(upstream | {"paths": paths})


def test_complete_specifications_have_events(slices, spec_files):
    complete = [path for path in spec_files if path.parent.name == "full"]
    assert complete
    for path in complete:
        assert {"/v1/events", "/v1/events/{id}"} <= slices[path]["paths"].keys()
        properties = slices[path]["components"]["schemas"]["event"]["properties"]
        assert {"data", "pending_webhooks", "request"} <= properties.keys()


def test_complete_and_sliced_specifications_result_in_equal_contracts(
    slices, overlays, names
):
    by_version = {}
    for complete in slices.values():
        upstream = without_events(complete)
        by_version.setdefault(upstream["info"]["version"], []).append(
            normalise(apply_overlays(upstream, overlays), parse_names(Node(names)))
        )
    pairs = [contracts for contracts in by_version.values() if len(contracts) > 1]
    assert pairs
    for first, *others in pairs:
        for other in others:
            assert first == other


def test_the_recorded_upstream_results_in_the_committed_contract(
    slices, spec_files, overlays, names, prose
):
    record = tomllib.loads((ROOT / "openapi" / "source.toml").read_text())["upstream"]
    (path,) = [path for path in spec_files if path.name == record["name"]]
    assert record["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
    contract, gaps = merge_prose(
        normalise(apply_overlays(slices[path], overlays), parse_names(Node(names))),
        prose,
    )
    assert [] == gaps
    assert (
        contract_text(contract)
        == (ROOT / "openapi" / "financial_connections.yaml").read_text()
    )


def test_the_generated_code_has_every_fact_of_the_recorded_upstream(spec_files, names):
    record = tomllib.loads((ROOT / "openapi" / "source.toml").read_text())["upstream"]
    (path,) = [path for path in spec_files if path.name == record["name"]]
    document = parse(path.read_bytes(), path.name)
    assert [] == lost_facts(document, names, _generated)


def test_a_missing_fact_is_detected(spec_files, names):
    record = tomllib.loads((ROOT / "openapi" / "source.toml").read_text())["upstream"]
    (path,) = [path for path in spec_files if path.name == record["name"]]
    document = parse(path.read_bytes(), path.name)
    account = document["components"]["schemas"]["financial_connections.account"]
    account["properties"]["new"] = {"type": "string"}
    account["properties"]["status"]["enum"].append("new")
    account["required"].remove("category")
    listing = document["paths"]["/v1/financial_connections/accounts"]["get"]
    listing["parameters"].append({"name": "new", "schema": {"type": "string"}})
    document["x-webhook-events"].append("financial_connections.account.new")
    document["x-error-codes"].append("financial_connections_new")
    lost = lost_facts(document, names, _generated)
    assert ["list_accounts(new)", "Account.category: nullable"] == [
        lost[0],
        lost[1].partition(" is")[0],
    ]
    assert [
        "Account.status: ['new']",
        "Account.new",
        "event financial_connections.account.new",
        "error code financial_connections_new",
    ] == lost[2:]


def test_bumping_to_the_recorded_upstream_changes_nothing(tree, spec_files):
    record = tomllib.loads((ROOT / "openapi" / "source.toml").read_text())["upstream"]
    (path,) = [path for path in spec_files if path.name == record["name"]]
    before = tree.files()
    result = tree.call("bump", path)
    assert (0, "") == (result.returncode, result.stderr)
    assert before == tree.files()


def test_our_prose_contains_no_upstream_text(slices, prose):
    ours = {
        run
        for path, text in parse_texts(Node(prose)).items()
        if path[-1] != "source"  # a URL is not a sentence
        for run in runs(text)
    }
    assert ours
    theirs = {
        run
        for upstream in slices.values()
        for text in descriptions(upstream)
        for run in runs(text)
    }
    assert theirs
    assert set() == ours & theirs


def descriptions(node):
    if isinstance(node, dict):
        for key, value in node.items():
            if key in {"description", "summary"} and isinstance(value, str):
                yield value
            else:
                yield from descriptions(value)
    elif isinstance(node, list):
        for value in node:
            yield from descriptions(value)


def runs(text, length=6):
    words = re.findall(r"[a-z0-9_']+", text.lower())
    return {
        tuple(words[index : index + length]) for index in range(len(words) - length + 1)
    }
