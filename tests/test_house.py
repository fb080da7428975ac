"""The rules of the house: who may import whom, what is public, how much an import loads."""

import ast
import importlib
import pkgutil
import subprocess
import sys
from pathlib import Path

import pytest

import financial_connections

PACKAGE = Path(financial_connections.__file__).parent

# A room may import the rooms to its right, and its own. Rooms that are not listed are a mistake.
FLOORS = {
    "": {
        "accounts",
        "_client",
        "_generated",
        "_request",
        "_settings",
        "_transport",
        "_version",
        "errors",
        "events",
        "expand",
    }
    | {"models", "pagination", "params"},
    "_aiohttp_pool": {"_connections", "_exchange", "_loading", "_request", "_settings", "_wire"},
    "_callers_client": {"_connections", "_exchange", "_settings", "_wire", "errors"},
    "_client": {
        "_aiohttp_pool",
        "_callers_client",
        "_connections",
        "_lanes",
        "_rate",
        "_request",
        "_settings",
        "_transport",
        "accounts",
        "errors",
        "events",
    }
    | {"sessions", "transactions"},
    "accounts": {"_generated", "_request", "_waiting", "_watch", "expand", "models", "pagination", "params"},
    "_waiting": {"_polling", "_request", "_watch", "models", "params"},
    "_watch": {"_generated", "_polling", "_refresh", "_request", "errors", "models", "webhooks"},
    "_refresh": {"errors", "models"},
    "_polling": {"errors"},
    "sessions": {"_generated", "_request", "models", "params"},
    "transactions": {"_generated", "_request", "_sync", "_sync_many", "expand", "models", "pagination", "params"},
    "sync": {"_sync", "_sync_many"},
    "_sync_many": {"_fan_out", "_sync", "errors"},
    "_sync": {"_cursor", "_generated", "_request", "models", "pagination"},
    "_cursor": {"errors"},
    "_fan_out": {"_tasks"},
    "models": {"_generated", "_model"},
    "params": {"_generated"},
    "_transport": {
        "_connections",
        "_decode",
        "_exchange",
        "_json",
        "_model",
        "_rate",
        "_redact",
        "_request",
        "_retry",
        "_settings",
    }
    | {"_wire", "errors", "events"},
    "_lanes": {"_connections", "_exchange", "_loading", "_settings", "_wire"},
    "_loading": {"errors"},
    "_connections": {"_exchange", "_settings", "_wire", "errors"},
    "_exchange": {"_body", "_redact", "_request", "_settings", "_wire", "errors"},
    "_wire": {"_encode", "_generated", "_request", "_settings", "_version", "errors"},
    "_generated": {"_model", "_request"},
    "_request": {"_model", "_settings", "errors"},
    "_settings": {"errors"},
    "_encode": {"errors"},
    "_decode": {"_json", "_model"},
    "expand": {"_model", "errors"},
    "pagination": {"_prefetch", "_request", "errors"},
    "_prefetch": {"_request", "_tasks"},
    "_tasks": set(),
    "errors": {"_json", "_redact", "_retry"},
    "events": set(),
    "otel": {"_version", "events"},
    "_model": {"_decode", "_json"},  # _decode only when an object is unpickled
    "_body": set(),
    "_json": set(),
    "_rate": set(),
    "_redact": set(),
    "_retry": set(),
    "_version": set(),
    "_pytest_plugin": {"AsyncClient", "sandbox"},  # from the door, as a user would
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
    "webhooks": {"_decode", "_json", "_model", "errors", "models"},
}


def room_of(path):
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return "" if parts == ("__init__",) else parts[0]


def rooms_imported(path):
    tree = ast.parse(path.read_text())
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            names = [f"{node.module}.{alias.name}" for alias in node.names] if "." not in node.module else [node.module]
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
        strangers = set(rooms_imported(path)) - FLOORS[room] - {room}
        assert not strangers, f"{path.name} must not import {strangers}"


def test_every_room_on_the_plan_is_there():
    assert set(FLOORS) == {room_of(path) for path in modules()}


def test_nothing_imports_the_generator_or_a_test_tool():
    for path in modules():
        for node in ast.walk(ast.parse(path.read_text())):
            names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
            names += [node.module] if isinstance(node, ast.ImportFrom) and node.module else []
            tools = {name.split(".")[0] for name in names} & {"codegen", "pytest", "openapi_python_client"}
            assert not tools or (room_of(path) == "_pytest_plugin" and tools == {"pytest"})


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
    assert [] == [exported for exported in module.__all__ if not hasattr(module, exported)]


def loaded_by(program):
    program += "; import sys; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return {module.split(".")[0] for module in done.stdout.split()}, set(done.stdout.split())


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
    roots, _ = loaded_by("import financial_connections as f; f.AsyncClient('sk_test_1').accounts.list()")
    assert not roots & {"httpx", "httpcore"}


def test_modules_are_reached_without_being_imported_one_by_one():
    program = "import financial_connections as f; f.accounts.RefreshWaiter, f.pagination.Pager, f.errors, dir(f)"
    loaded_by(program)
    assert len(dir(financial_connections)) == len(set(dir(financial_connections)))
