"""Bumps through Stripe's specifications, and to fictitious ones."""

import json
import re
import tomllib
from itertools import pairwise

import pytest

from codegen.diff.changelog import BEGIN, END
from codegen.diff.compare import STRIPE_CHANGELOG
from codegen.diff.inventory import list_items
from codegen.files import read_record
from codegen.python.parse import parse_contract
from codegen.reading import parse
from financial_connections import API_VERSION
from tests.codegen.conftest import ROOT, UPSTREAMS, copy_project, todo
from tests.codegen.test_render import package
from tests.support import samples as objects
from tests.support.golden_requests import (
    examples,
    golden_requests,
    knows_all,
    loses_nothing,
    sent_by,
)

# The walk takes a minute on a busy machine.
pytestmark = pytest.mark.timeout(300)
READ = f"(read Stripe's changelog: {STRIPE_CHANGELOG})"
# Stripe's specifications by date, each with the changes from the previous one.
STEPS = [
    ("2022-05-13.yaml", ""),
    ("2022-05-13-e6898650.json", ""),
    (
        "2022-10-13-dc00970f.json",
        """
        + field ErrorDetail.request_log_url (additive)
        + event type financial_connections.account.created (additive)
        + event type financial_connections.account.deactivated (additive)
        + event type financial_connections.account.disconnected (additive)
        + event type financial_connections.account.reactivated (additive)
        + event type financial_connections.account.refreshed_balance (additive)
        """,
    ),
    ("2022-11-16-90fbe901.json", ""),
    (
        "2023-08-21-d58f4cc4.json",
        """
        + parameter create_session.prefetch (additive)
        + schema PrefetchedFeature (additive)
        + field Session.prefetch (additive)
        + schema SessionPrefetch (additive)
        """,
    ),
    ("2023-09-12.yaml", ""),
    (
        "financial-connections-2023-10-16.yml",
        """
        + operation list_transactions (additive)
        + operation retrieve_transaction (additive)
        + operation subscribe_account (additive)
        + operation unsubscribe_account (additive)
        + field Account.subscriptions (additive)
        + field Account.transaction_refresh (additive)
        + field BalanceRefresh.next_refresh_available_at (additive)
        + value PrefetchedFeature.transactions (additive)
        + value RefreshFeature.transactions (additive)
        + value SessionPrefetch.transactions (additive)
        + schema StatusTransitions (additive)
        + schema SubscribedFeature (additive)
        + schema SubscriptionFeature (additive)
        + schema TimestampRange (additive)
        + schema Transaction (additive)
        + schema TransactionList (additive)
        + schema TransactionRefresh (additive)
        + schema TransactionRefreshFilter (additive)
        + schema TransactionStatus (additive)
        + event type financial_connections.account.refreshed_ownership (additive)
        + event type financial_connections.account.refreshed_transactions (additive)
        """,
    ),
    (
        "2024-04-10.json",
        """
        + field OwnershipRefresh.next_refresh_available_at (additive)
        ~ field SessionAccountFilters.countries, required: yes → no (additive)
        """,
    ),
]
PACKAGE = "src/financial_connections"
RECORDED = read_record(ROOT, "upstream")["name"]
NAMES = [name for name, _ in STEPS if name != RECORDED]
NAMES.append(RECORDED)
PAIRS = list(pairwise(NAMES))
EXAMPLES = [
    *(
        ("Account", account)
        for account in (
            objects.ACCOUNT,
            objects.REFRESHED_ACCOUNT,
            objects.FULL_ACCOUNT,
        )
    ),
    ("AccountOwner", objects.OWNER),
    ("AccountOwnership", objects.OWNERSHIP),
    ("Session", objects.SESSION),
    ("Transaction", objects.TRANSACTION),
]


class Step:
    """A bump and its results."""

    def __init__(self, tree, upstream, number):
        self.result = tree.call("bump", upstream)
        self.contract = parse(
            (tree.root / "openapi" / "financial_connections.yaml").read_bytes(),
            "contract",
        )
        self.package = package(
            tree.root / "src" / "financial_connections" / "_generated",
            f"bumped_{number}_{''.join(filter(str.isalnum, upstream.name))}",
            copies=tree.root.parent,
        )
        self.files = tree.files()
        self.source = tomllib.loads(
            (tree.root / "openapi" / "source.toml").read_text()
        )["upstream"]
        block = (
            self.files["CHANGELOG.md"].decode().partition(BEGIN)[2].partition(END)[0]
        )
        self.changes = block.replace("\n  ", " ").strip().splitlines()


@pytest.fixture(scope="module")
def real(spec_files, tmp_path_factory):
    """Bump a project through all of Stripe's specifications, and return the results."""
    tree = copy_project(tmp_path_factory.mktemp("real") / "tree")
    by_name = {path.name: path for path in spec_files}
    return {
        name: Step(tree, by_name[name], number) for number, name in enumerate(NAMES)
    }


@pytest.fixture(scope="module")
def newer(tmp_path_factory):
    """Bump a project through the fictitious specifications, and return the results."""
    tree = copy_project(tmp_path_factory.mktemp("newer") / "tree")
    return {
        name: Step(tree, UPSTREAMS / f"{name}.yaml", name)
        for name in ("stable", "preview")
    }


@pytest.mark.parametrize(("before", "after"), list(pairwise(STEPS)))
def test_the_diff_of_real_specifications_lists_what_changed(real, before, after):
    (old, _), (new, changes) = before, after
    lines = [line.strip() for line in changes.strip().splitlines()]
    was, now = (real[name].source["stripe_version"] for name in (old, new))
    if was != now:
        lines.insert(0, f"~ header Stripe-Version, value: {was} → {now} {READ}")
    assert (lines or ["nothing changed"]) == real[new].result.stdout.splitlines()


def test_the_diff_of_two_specifications_is_the_sum_of_the_steps_between_them(
    real, tree
):
    contracts = [
        tree.write(f"{name}.json", real[name].contract)
        for name in ("2022-05-13.yaml", "2023-09-12.yaml")
    ]
    expected = {line for name, lines in STEPS[1:6] for line in lines.split("\n")}
    actual = set(tree.call("diff", *contracts).stdout.splitlines())
    assert {line.strip() for line in expected if line.strip().startswith("+")} == {
        line for line in actual if "header" not in line
    }


def test_a_bump_records_its_upstream_and_drafts_the_changelog(real):
    for name in NAMES:
        step = real[name]
        assert name == step.source["name"]
        assert (
            step.contract["info"]["version"]
            == step.source["stripe_version"]
            == step.package.API_VERSION
        )


def test_the_changelog_lists_the_changes_since_the_last_release(real, tree):
    for name in NAMES:
        released = tree.root / "openapi" / "released.yaml"
        contract = tree.write("contract.json", real[name].contract)
        changes = tree.call("diff", "--markdown", released, contract).stdout
        assert changes.splitlines() == real[name].changes, name


def test_the_current_upstream_leaves_nothing_to_do_but_overlays(real):
    for name in NAMES[:-1]:
        assert (2, True) == (
            real[name].result.returncode,
            len(todo(real[name].result)) > 1,
        )
    [overlays] = todo(real[RECORDED].result)
    assert "002-error-detail.yaml" in overlays.split(", ")


def test_a_bump_back_to_the_current_upstream_restores_the_committed_files(real, tree):
    assert tree.files() == real[RECORDED].files


def test_an_older_upstream_lists_what_no_longer_exists(real):
    steps = todo(real["2023-09-12.yaml"].result)
    for line in (
        f"{PACKAGE}/transactions.py: TransactionOperations no longer exists",
        "unused description: operations.list_transactions",
    ):
        assert line in steps


@pytest.mark.parametrize("pair", PAIRS, ids=" → ".join)
def test_code_for_real_specifications_sends_the_golden_requests(real, pair):
    check_requests(*(real[name].package for name in pair))


@pytest.mark.parametrize("pair", PAIRS, ids=" → ".join)
def test_code_for_real_specifications_decodes_examples_of_adjacent_ones(real, pair):
    check_examples(*(real[name] for name in pair))


def test_code_for_newer_specifications_sends_the_golden_requests(newer):
    check_requests(*(step.package for step in newer.values()))
    check_requests(newer["stable"].package)


def test_code_for_newer_specifications_decodes_examples_of_adjacent_ones(newer):
    check_examples(*newer.values())


def check_requests(*packages):
    requests = list(golden_requests(*(package.api for package in packages)))
    assert requests
    for name, args, kwargs, expected in requests:
        assert [expected] * len(packages) == [
            sent_by(getattr(package.api, name), args, kwargs) for package in packages
        ], name


def check_examples(*steps):
    objects_of_all = [
        *EXAMPLES,
        *(pair for step in steps for pair in examples(step.contract)),
    ]
    assert len(objects_of_all) > len(EXAMPLES)
    for step in steps:
        assert [] == [
            name
            for name, full in objects_of_all
            if not loses_nothing(step.package.models, name, full)
        ]
        assert [] == [
            name
            for name, full in examples(step.contract)
            if not knows_all(step.package.models, name, full)
        ]


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
