"""Bumps to fictitious specifications."""

import json
import re

import pytest

from codegen.diff.inventory import list_items
from codegen.python.parse import parse_contract
from codegen.reading import parse
from financial_connections import API_VERSION
from tests.codegen.conftest import UPSTREAMS, copy_project, todo
from tests.support.bumps import PACKAGE, READ, Step, check_examples, check_requests
from tests.support.golden_requests import (
    sent_by,
)


@pytest.fixture(scope="module")
def newer(tmp_path_factory):
    """Bump a project through the fictitious specifications, and return the results."""
    tree = copy_project(tmp_path_factory.mktemp("newer") / "tree")
    return {
        name: Step(tree, UPSTREAMS / f"{name}.yaml", name)
        for name in ("stable", "preview")
    }


def test_code_for_newer_specifications_sends_the_golden_requests(newer):
    check_requests(*(step.package for step in newer.values()))
    check_requests(newer["stable"].package)


def test_code_for_newer_specifications_decodes_examples_of_adjacent_ones(newer):
    check_examples(*newer.values())


def test_a_specification_from_2025_is_supported(newer):
    result = newer["stable"].result
    assert 2 == result.returncode
    assert (
        f"~ header Stripe-Version, value: {API_VERSION} → 2025-09-30.clover {READ}"
        in result.stdout.splitlines()
    )
    for line in ("missing description: schemas.Session.fields.status",):
        assert line in todo(result)
    items = list_items(parse_contract(newer["stable"].contract))
    assert items["field", "Session.client_secret"].facts["nullable"]
    for item in (
        ("parameter", "create_session.limits"),
        ("field", "Account.account_numbers"),
        ("field", "SessionAccountFilters.account_subcategories"),
        ("value", "RefreshFeature.inferred_balances"),
    ):
        assert item in items
    assert ("field", "SessionAccountFilters.countries") not in items


def test_new_operations_and_parameters_become_methods_and_arguments(newer):
    folder = "src/financial_connections/_generated/operations"
    sessions = newer["stable"].files[f"{folder}/sessions.py"]
    assert b"limits: SessionAccountLimits | None = None" in sessions
    assert b"limits=limits" in sessions
    preview = newer["preview"].files
    for file, text in (
        ("accounts.py", b"def list_inferred_balances("),
        ("authorizations.py", b"async def delete("),
        ("authorizations.py", b"async def relink("),
        ("institutions.py", b"def list("),
    ):
        assert text in preview[f"{folder}/{file}"], text
    (listing,) = re.findall(
        rb"    def list\(.*?\) -> Pager\[Account\]:",
        preview[f"{folder}/accounts.py"],
        re.DOTALL,
    )
    assert b"session" not in listing


def test_parameters_and_fields_from_2025_have_types(newer):
    files = newer["stable"].files
    models = "src/financial_connections/_generated/models"
    assert (
        b'accounts: Required[int | Literal[""]]'
        in files[f"{models}/session_account_limits.py"]
    )
    assert (
        b'["", "automatic", "disabled"]'
        in files[f"{models}/session_manual_entry_mode.py"]
    )
    assert b"amount_decimal: str | None" in files[f"{models}/transaction.py"]
    assert (
        b"status_details: AccountStatusDetails | None" in files[f"{models}/account.py"]
    )
    assert (
        b"account_numbers: list[AccountNumberDetails] | None"
        in files[f"{models}/account.py"]
    )


def test_a_preview_specification_from_2026_is_supported(newer):
    step = newer["preview"]
    for line in (
        f"{PACKAGE}/authorizations.py: no class inherits from AuthorizationOperations",
        f"{PACKAGE}/institutions.py: no class inherits from InstitutionOperations",
    ):
        assert line in todo(step.result)
    assert (
        "+ operation delete_authorization (additive)" in step.result.stdout.splitlines()
    )
    models = "src/financial_connections/_generated/models"
    assert (
        b"authorization: str | Authorization | None"
        in step.files[f"{models}/account.py"]
    )
    assert b"rate: str | None" in step.files[f"{models}/account_inferred_balance.py"]
    assert (
        "DELETE",
        "/v1/financial_connections/authorizations/fcauth_1",
        [],
    ) == sent_by(step.package.api.delete_authorization, ("fcauth_1",), {})
    assert (
        "POST",
        "/v1/financial_connections/authorizations/fcauth_1/relink",
        [("metadata[a]", "b"), ("threshold", "0.5")],
    ) == sent_by(
        step.package.api.relink_authorization,
        ("fcauth_1",),
        {"metadata": {"a": "b"}, "threshold": "0.5"},
    )


def test_fictitious_specifications_contain_no_text_by_stripe():
    for path in sorted(UPSTREAMS.glob("*.yaml")):
        assert "description: A" in path.read_text()
        assert [] == [
            text
            for text in json.dumps(parse(path.read_bytes(), path.name)).split('"')
            if len(text) > 90
        ], path
