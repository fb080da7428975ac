"""Render the contract as a Python package.

openapi-python-client decides which modules exist, loads the templates, and checks the
contract independently. Any problem it reports is an error.
"""

import subprocess
import sys
from collections.abc import Sequence
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any, cast

import openapi_python_client as generator
from jinja2 import StrictUndefined
from openapi_python_client.config import Config, ConfigFile, MetaType
from openapi_python_client.parser import GeneratorData
from openapi_python_client.parser.errors import GeneratorError

from codegen.access import JSONObject, SpecError
from codegen.python.event_classes import build_event_module
from codegen.python.imports import PACKAGE, import_lines, module_name
from codegen.python.ir import Contract, Operation
from codegen.python.methods import build_module, function_doc
from codegen.python.parse import parse_contract

GENERATOR = generator.__version__
PINNED = "0.29.1"
"""The version that the templates are written for.

It is exact because templates changed in 24 places between two patch releases.
"""
HEADER = "Generated code. Do not edit."
TEMPLATES = Path(__file__).parents[1] / "templates"
RUFF = (
    (
        "check",
        "--isolated",
        "--quiet",
        "--select=I,F401",
        "--fix",
        "--config",
        'lint.isort.known-first-party = ["financial_connections"]',
    ),
    ("format", "--isolated", "--quiet", "--line-length=88", "--target-version=py311"),
)


def render(document: JSONObject, folder: Path) -> None:
    """Write the package for a contract into a new folder.

    Args:
        document: The contract.
        folder: Folder of the package, which must not exist yet.

    Raises:
        SpecError: The contract cannot be expressed in Python.
    """
    if GENERATOR != PINNED:
        raise SpecError(
            f"openapi-python-client: {GENERATOR} is installed, but the templates are "
            f"written for {PINNED}"
        )
    contract = parse_contract(document)
    run_generator(document, contract, folder)
    remove_unexpected(folder, expected_files(contract))
    for arguments in RUFF:
        # Use this environment's ruff, because other versions format differently.
        command = [sys.executable, "-m", "ruff", *arguments, str(folder)]
        result = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - no shell
        if result.returncode:
            output = (result.stderr or result.stdout).strip()
            raise SpecError(f"ruff {arguments[0]}: {output}")


def run_generator(document: JSONObject, contract: Contract, folder: Path) -> None:
    """Write the package with openapi-python-client, unformatted."""
    config = Config.from_sources(
        ConfigFile(post_hooks=[]),
        MetaType.NONE,
        document_source="",
        file_encoding="utf-8",
        overwrite=False,
        output_path=folder,
    )
    try:
        errors = build(document, contract, config)
    except Exception as error:
        # Any exception in the library is caused by the contract, so report it as such.
        raise SpecError(
            f"openapi-python-client: {type(error).__name__}: {error}"
        ) from error
    if errors:
        raise SpecError(
            f"openapi-python-client: {errors[0].header}: {errors[0].detail}"
        )


def build(
    document: JSONObject, contract: Contract, config: Config
) -> Sequence[GeneratorError]:
    """Write the package, and return the errors reported by openapi-python-client."""
    data = GeneratorData.from_dict(document, config=config)
    if isinstance(data, GeneratorError):
        return [data]
    project = generator.Project(
        openapi=data, config=config, custom_template_path=TEMPLATES
    )
    # Misspelled attributes in templates raise an error.
    project.env.undefined = StrictUndefined
    project.env.filters |= {"literal": ascii, "module_name": module_name}
    cast("dict[str, Any]", project.env.globals).update(
        contract=contract,
        header=HEADER,
        package=PACKAGE,
        exported_models=exported_models(contract),
        imports_of=lambda operation: imports_of(operation, contract),
        function_doc=function_doc,
    )
    with redirect_stdout(StringIO()):
        errors = project.build()
    for path, template, context in own_modules(contract):
        text = project.env.get_template(template).render(context)
        target = config.output_path or Path()
        (target / path).parent.mkdir(exist_ok=True)
        (target / path).write_text(text, encoding="utf-8")
    return errors


def own_modules(contract: Contract) -> list[tuple[Path, str, dict[str, object]]]:
    """Return the path, template and context of each module that the library lacks."""
    modules: list[tuple[Path, str, dict[str, object]]] = [
        (Path("operations", "__init__.py"), "operations_init.py.jinja", {})
    ]
    for tag in contract.tags:
        path = Path("operations", f"{tag}.py")
        module = build_module(tag, contract)
        modules.append((path, "operations.py.jinja", {"module": module}))
    for narrowing in contract.all_narrowings:
        path = Path("models", f"{module_name(narrowing.name)}.py")
        modules.append((path, "narrowing.py.jinja", {"narrowing": narrowing}))
    events = build_event_module(contract)
    modules.append((Path("events.py"), "events.py.jinja", {"module": events}))
    for public, (file, names) in exports(contract).items():
        modules.append(
            (Path(file), "exports.py.jinja", {"module": public, "names": names})
        )
    return modules


def exported_models(contract: Contract) -> list[str]:
    """Return the names exported by the `models` package."""
    narrowed = (narrowing.name for narrowing in contract.all_narrowings)
    return sorted([*contract.classes, *narrowed])


def exports(contract: Contract) -> dict[str, tuple[str, list[str]]]:
    """Return the file and the names of what each public module exports."""
    names = exported_models(contract)
    classes = contract.classes
    requests = [name for name in names if name in classes and classes[name].in_request]
    responses = [name for name in names if name not in requests]
    return {
        "models": ("response_types.py", responses),
        "params": ("parameter_types.py", requests),
    }


def imports_of(operation: Operation, contract: Contract) -> list[str]:
    """Return the imports that an operation's function needs."""
    annotations = (parameter.annotation for parameter in operation.parameters)
    return import_lines([operation.response, *annotations], contract.classes)


def expected_files(contract: Contract) -> set[Path]:
    """Return the paths of all files in the package, relative to it."""
    operations = {
        Path("api", operation.tag, f"{operation.name}.py")
        for operation in contract.operations.values()
    }
    packages = {
        Path(),
        Path("api"),
        Path("models"),
        *(Path("api", tag) for tag in contract.tags),
    }
    return {
        *operations,
        *(Path("models", f"{module_name(name)}.py") for name in contract.classes),
        *(package / "__init__.py" for package in packages),
        *(path for path, _, _ in own_modules(contract)),
    }


def remove_unexpected(folder: Path, expected: set[Path]) -> None:
    """Remove the extra files of openapi-python-client, such as its own client."""
    written = {path.relative_to(folder) for path in folder.rglob("*") if path.is_file()}
    missing = sorted(map(str, expected - written))
    if missing:
        raise SpecError(f"openapi-python-client: did not write {missing[0]}")
    for path in written - expected:
        (folder / path).unlink()
