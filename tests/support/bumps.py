"""A bump of a copy of the project, and checks of its results."""

import tomllib

from codegen.diff.changelog import BEGIN, END
from codegen.diff.compare import STRIPE_CHANGELOG
from codegen.reading import parse
from tests.codegen.test_render import package
from tests.support import samples as objects
from tests.support.golden_requests import (
    examples,
    golden_requests,
    knows_all,
    loses_nothing,
    sent_by,
)

READ = f"(read Stripe's changelog: {STRIPE_CHANGELOG})"
PACKAGE = "src/financial_connections"
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
