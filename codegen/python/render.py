"""Render: run the pinned openapi-python-client with our templates. Any word of
complaint is an error.
"""

import subprocess
import sys
from collections.abc import Sequence
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any, cast

import openapi_python_client as generator
from openapi_python_client.config import Config, ConfigFile, MetaType
from openapi_python_client.parser import GeneratorData
from openapi_python_client.parser.errors import GeneratorError
from openapi_python_client.strings import PythonIdentifier

from codegen.access import Node, SpecError
from codegen.python.ir import facts_of

GENERATOR = generator.__version__
PINNED = "0.29.1"
"""Between two patch releases, 24 template files changed."""
TEMPLATES = Path(__file__).parents[1] / "templates"
RUFF = (
    (
        "check",
        "--isolated",
        "--quiet",
        "--select=I",
        "--fix",
        "--config",
        'lint.isort.known-first-party = ["financial_connections"]',
    ),
    ("format", "--isolated", "--quiet", "--line-length=115", "--target-version=py311"),
)


def rendered(contract: Node, folder: Path) -> None:
    """Write the package of a contract into a folder that does not exist yet."""
    if GENERATOR != PINNED:
        raise SpecError(
            f"openapi-python-client: {GENERATOR} is installed, the templates are written for {PINNED}"
        )
    facts = facts_of(contract)
    generated(contract, facts, folder)
    prune(folder, expected_files(facts))
    for arguments in RUFF:
        # Not from PATH: another ruff would format in another way, and a missing one has
        # to be an error.
        command = [sys.executable, "-m", "ruff", *arguments, str(folder)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - no shell
        if done.returncode:
            raise SpecError(
                f"ruff {arguments[0]}: {(done.stderr or done.stdout).strip()}"
            )


def generated(contract: Node, facts: Node, folder: Path) -> None:
    """Run the generator."""
    config = Config.from_sources(
        ConfigFile(post_hooks=[]),
        MetaType.NONE,
        document_source="",
        file_encoding="utf-8",
        overwrite=False,
        output_path=folder,
    )
    try:
        errors = built(contract, facts, config)
    except Exception as error:
        # Whatever a third-party tool dies of, it is the input's fault.
        raise SpecError(
            f"openapi-python-client: {type(error).__name__}: {error}"
        ) from error
    if errors:
        raise SpecError(
            f"openapi-python-client: {errors[0].header}: {errors[0].detail}"
        )


def built(contract: Node, facts: Node, config: Config) -> Sequence[GeneratorError]:
    """What the generator complains of, whether before or after it wrote something."""
    data = GeneratorData.from_dict(contract, config=config)
    if isinstance(data, GeneratorError):
        return [data]
    project = generator.Project(
        openapi=data, config=config, custom_template_path=TEMPLATES
    )
    cast("dict[str, Any]", project.env.globals)["facts"] = facts
    with redirect_stdout(StringIO()):
        return project.build()


def expected_files(facts: Node) -> set[Path]:
    """The files of a package, by their path in it."""
    models = {Path("models", f"{module_name(name)}.py") for name in facts["classes"]}
    calls = {
        Path("api", call["tag"], f"{name}.py") for name, call in facts["calls"].items()
    }
    inits = {
        Path("__init__.py"),
        Path("models", "__init__.py"),
        Path("api", "__init__.py"),
    }
    return (
        models
        | calls
        | inits
        | {Path("api", tag, "__init__.py") for tag in facts["tags"]}
    )


def module_name(name: str) -> str:
    """The module the generator puts a class in."""
    return str(PythonIdentifier(name, "field_"))


def prune(folder: Path, expected: set[Path]) -> None:
    """Drop the generator's own client and what it makes of maps and forms; miss nothing
    that is due.
    """
    found = {path.relative_to(folder) for path in folder.rglob("*") if path.is_file()}
    missing = sorted(map(str, expected - found))
    if missing:
        raise SpecError(f"openapi-python-client: wrote no {missing[0]}")
    for path in found - expected:
        (folder / path).unlink()
