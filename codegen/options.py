"""Options: what may stand on the command line."""

import argparse
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).parents[1]


class Parser(argparse.ArgumentParser):
    """A parser that exits with 1, because 2 says that a stage was done."""

    def error(self, message: str) -> NoReturn:
        """Refuse in one line."""
        self.exit(1, f"codegen: {message}; see {self.prog} --help\n")


def arguments() -> Parser:
    """What may stand on the command line."""
    parser = Parser(
        prog="python -m codegen", description="From Stripe's OpenAPI file to our code."
    )
    parser.add_argument("--root", type=Path, default=ROOT, help="the project's folder")
    stages = parser.add_subparsers(dest="stage", required=True, metavar="STAGE")
    stages.add_parser("generate", help="contract → code")
    stages.add_parser(
        "check",
        help="is the code what the contract says, and the contract what prose.yaml says?",
    )
    stages.add_parser("prose", help="prose.yaml → contract → code")
    for name, words in (
        ("bump", "upstream → contract → code"),
        ("contract", "upstream → contract, printed"),
    ):
        stage = stages.add_parser(name, help=words)
        stage.add_argument(
            "spec",
            help="Stripe's OpenAPI file, whole or sliced, YAML or JSON: a path or a URL",
        )
        if name == "bump":
            stage.add_argument(
                "--from",
                dest="old",
                metavar="OLD",
                help="compare with this, not with our contract",
            )
    stage = stages.add_parser(
        "diff", help="what changed from one contract to another, and whom it breaks"
    )
    for name in ("old", "new"):
        stage.add_argument(
            name, help="a contract, or a specification of Stripe's: a path or a URL"
        )
    form = stage.add_mutually_exclusive_group()
    form.add_argument(
        "--json", action="store_const", const="json", dest="form", help="for programs"
    )
    form.add_argument(
        "--markdown",
        action="store_const",
        const="markdown",
        dest="form",
        help="for a changelog",
    )
    return parser
