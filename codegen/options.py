"""Command-line options of the generator."""

import argparse
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).parents[1]


class Parser(argparse.ArgumentParser):
    """A parser that exits with 1 on errors, because 2 means something else."""

    def error(self, message: str) -> NoReturn:
        """Exit with a one-line message."""
        self.exit(1, f"codegen: {message}; see {self.prog} --help\n")


def build_parser() -> Parser:
    """Build the command-line parser."""
    parser = Parser(
        prog="python -m codegen",
        description="Generate the SDK's code from Stripe's OpenAPI document.",
    )
    parser.add_argument(
        "--root", type=Path, default=ROOT, help="root folder of the project"
    )
    stages = parser.add_subparsers(dest="stage", required=True, metavar="STAGE")
    stages.add_parser("generate", help="generate the code from the contract")
    stages.add_parser(
        "check",
        help="check that the code, the contract and prose.yaml are in sync",
    )
    stages.add_parser(
        "prose", help="merge prose.yaml into the contract, then generate the code"
    )
    stages.add_parser(
        "release",
        help="save the contract as that of the last release, and end the list of "
        "changes since then in the changelog",
    )
    for name, text in (
        (
            "bump",
            "build the contract from an upstream specification, then generate the code",
        ),
        ("contract", "print the contract built from an upstream specification"),
    ):
        stage = stages.add_parser(name, help=text)
        stage.add_argument(
            "spec",
            help="path or URL of Stripe's OpenAPI document (YAML or JSON), complete or "
            "reduced to Financial Connections",
        )
        if name == "bump":
            stage.add_argument(
                "--from",
                dest="old",
                metavar="OLD",
                help="compare with this contract or upstream specification instead of "
                "the current contract",
            )
    add_diff(
        stages.add_parser(
            "diff",
            help="print the changes between two contracts or upstream specifications",
        )
    )
    return parser


def add_diff(stage: argparse.ArgumentParser) -> None:
    """Add the options of the `diff` stage."""
    for name in ("old", "new"):
        stage.add_argument(
            name, help="path or URL of a contract or upstream specification"
        )
    form = stage.add_mutually_exclusive_group()
    for name in ("json", "markdown"):
        form.add_argument(
            f"--{name}",
            action="store_const",
            const=name,
            dest="form",
            help=f"print {'JSON' if name == 'json' else 'Markdown'}",
        )
