"""Options: what may stand on the command line."""

import argparse
from pathlib import Path

ROOT = Path(__file__).parents[1]


def arguments() -> argparse.ArgumentParser:
    """What may stand on the command line."""
    parser = argparse.ArgumentParser(prog="python -m codegen", description="From Stripe's OpenAPI file to our code.")
    parser.add_argument("--root", type=Path, default=ROOT, help="the project's folder")
    stages = parser.add_subparsers(dest="stage", required=True, metavar="STAGE")
    stages.add_parser("generate", help="contract → code")
    stages.add_parser("check", help="is the code what the contract says, and the contract what prose.yaml says?")
    stages.add_parser("prose", help="prose.yaml → contract → code")
    for name, words in (("bump", "upstream → contract → code"), ("contract", "upstream → contract, printed")):
        stage = stages.add_parser(name, help=words)
        stage.add_argument("spec", help="Stripe's OpenAPI file, whole or sliced, YAML or JSON: a path or a URL")
    stage = stages.add_parser("diff", help="what changed from one contract to another, and whom it breaks")
    stage.add_argument("old", type=Path)
    stage.add_argument("new", type=Path)
    form = stage.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_const", const="json", dest="form", help="for programs")
    form.add_argument("--markdown", action="store_const", const="markdown", dest="form", help="for a changelog")
    return parser
