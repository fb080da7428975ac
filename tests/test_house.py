"""The rules of the house: who may import whom, what is public, how much an import
loads.
"""

import ast
import importlib
import pkgutil
import subprocess
import sys
from pathlib import Path

import pytest

import financial_connections

PACKAGE = Path(financial_connections.__file__).parent

# From the top down: a package may import only what a line below its own has.
LAYERS = (
    "_pytest_plugin cli",
    "AsyncClient API_VERSION __version__ Pager id_of",  # the door of the package
    "_client",
    "accounts sessions transactions",
    "_refresh sync",
    "_transport webhooks",
    "pagination models params",
    "_generated",
    "_request",
    "_settings expand otel",
    "errors events",
    "_decoding",
    "_concurrency _retry _redact _version",
)
# Packages that keep to less than their layer allows.
ALONE = {
    # From the door and from public modules, as a user would.
    "cli": {
        "API_VERSION",
        "AsyncClient",
        "Pager",
        "__version__",
        "errors",
        "id_of",
        "models",
        "params",
        "sandbox",
        "sync",
        "webhooks",
    },
    "sandbox": {"models"},
}


def below(package):
    if package == "":
        return set().union(*map(set, map(str.split, LAYERS)))
    if package in ALONE:
        return ALONE[package]
    number = next(n for n, layer in enumerate(LAYERS) if package in layer.split())
    allowed = set().union(*map(set, map(str.split, LAYERS[number + 1 :])))
    return allowed | ({"sandbox"} if package == "_pytest_plugin" else set())


def room_of(path):
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return "" if parts == ("__init__",) else parts[0]


def rooms_imported(path):
    tree = ast.parse(path.read_text())
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            names = (
                [f"{node.module}.{alias.name}" for alias in node.names]
                if "." not in node.module
                else [node.module]
            )
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        else:
            continue
        for name in names:
            package, _, rest = name.partition(".")
            if package == "financial_connections" and rest:
                yield rest.split(".")[0]


def modules():
    found = sorted(PACKAGE.rglob("*.py"))
    assert len(found) > 50
    return found


def test_rooms_look_only_downward():
    for path in modules():
        room = room_of(path)
        strangers = set(rooms_imported(path)) - below(room) - {room}
        assert not strangers, f"{path.name} must not import {strangers}"


def test_every_package_has_a_layer():
    door = set(LAYERS[1].split())
    assert (set(" ".join(LAYERS).split()) - door) | set(ALONE) == {
        room_of(path) for path in modules()
    } - {""}


def test_nothing_imports_the_generator_or_a_test_tool():
    for path in modules():
        for node in ast.walk(ast.parse(path.read_text())):
            names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
            names += (
                [node.module]
                if isinstance(node, ast.ImportFrom) and node.module
                else []
            )
            tools = {name.split(".")[0] for name in names} & {
                "codegen",
                "pytest",
                "openapi_python_client",
            }
            assert not tools or (
                room_of(path) == "_pytest_plugin" and tools == {"pytest"}
            )


def public_modules():
    names = ["financial_connections"] + [
        f"financial_connections.{module.name}"
        for module in pkgutil.iter_modules([str(PACKAGE)])
        if not module.name.startswith("_")
    ]
    assert len(names) > 5
    return names


@pytest.mark.parametrize("name", public_modules())
def test_all_is_sorted_and_every_name_in_it_exists(name):
    module = importlib.import_module(name)
    assert sorted(module.__all__) == list(module.__all__)
    assert [] == [
        exported for exported in module.__all__ if not hasattr(module, exported)
    ]


def loaded_by(program):
    program += "; import sys; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    return {module.split(".")[0] for module in done.stdout.split()}, set(
        done.stdout.split()
    )


def test_importing_the_package_loads_no_more_than_it_needs():
    roots, loaded = loaded_by("import financial_connections")
    heavy = {
        "httpx",
        "httpcore",
        "openapi_python_client",
        "pytest",
        "yaml",
        "jinja2",
        "rich",
        "starlette",
        "uvicorn",
    }
    assert not roots & heavy
    assert "financial_connections.sandbox" not in loaded


def test_making_a_client_does_not_load_httpx_either():
    roots, _ = loaded_by(
        "import financial_connections as f; f.AsyncClient('sk_test_1').accounts.list()"
    )
    assert not roots & {"httpx", "httpcore"}


def test_modules_are_reached_without_being_imported_one_by_one():
    program = "import financial_connections as f; f.accounts.RefreshNotifier, f.pagination.Pager, f.errors, dir(f)"
    loaded_by(program)
    assert len(dir(financial_connections)) == len(set(dir(financial_connections)))
