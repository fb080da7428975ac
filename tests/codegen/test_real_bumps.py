"""Bumps through Stripe's specifications."""

from itertools import pairwise

import pytest

from codegen.files import read_record
from tests.codegen.conftest import ROOT, copy_project, todo
from tests.support.bumps import PACKAGE, READ, Step, check_examples, check_requests

# The walk takes a minute on a busy machine.
pytestmark = pytest.mark.timeout(300)
# Stripe's specifications by date, each with the changes from the previous one. Only
# complete specifications have the operations on events.
STEPS = [
    ("2022-05-13.yaml", ""),
    (
        "2022-05-13-e6898650.json",
        """
        - operation list_events (breaking for callers)
        - operation retrieve_event (breaking for callers)
        - schema SnapshotEventList (breaking for readers)
        - schema TimestampRange (breaking for callers)
        """,
    ),
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
    (
        "2023-09-12.yaml",
        """
        + operation list_events (additive)
        + operation retrieve_event (additive)
        + schema SnapshotEventList (additive)
        + schema TimestampRange (additive)
        """,
    ),
    (
        "financial-connections-2023-10-16.yml",
        """
        - operation list_events (breaking for callers)
        - operation retrieve_event (breaking for callers)
        - schema SnapshotEventList (breaking for readers)
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
        + operation list_events (additive)
        + operation retrieve_event (additive)
        + field OwnershipRefresh.next_refresh_available_at (additive)
        + schema SnapshotEventList (additive)
        ~ field SessionAccountFilters.countries, required: yes → no (additive)
        """,
    ),
]
RECORDED = read_record(ROOT, "upstream")["name"]
NAMES = [name for name, _ in STEPS if name != RECORDED]
NAMES.append(RECORDED)
PAIRS = list(pairwise(NAMES))


@pytest.fixture(scope="module")
def real(spec_files, tmp_path_factory):
    """Bump a project through all of Stripe's specifications, and return the results."""
    tree = copy_project(tmp_path_factory.mktemp("real") / "tree")
    by_name = {path.name: path for path in spec_files}
    return {
        name: Step(tree, by_name[name], number) for number, name in enumerate(NAMES)
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
        for name in ("2022-05-13-e6898650.json", "2023-09-12.yaml")
    ]
    expected = {line for name, lines in STEPS[2:6] for line in lines.split("\n")}
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
