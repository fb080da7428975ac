"""Rules for imports between the packages of `financial_connections`."""

import ast
from functools import cache
from pathlib import Path

import pytest

import financial_connections

PACKAGE = Path(financial_connections.__file__).parent

# From top to bottom: a package may import only packages on lines below its own.
LAYERS = (
    "_pytest_plugin cli",
    "fleet",
    "__init__ sandbox",
    "_client",
    "_warm",
    "accounts sessions transactions",
    "_refresh sync",
    "_many",
    "_transport webhooks",
    "models params",
    "_generated",
    "_events _operation pagination",
    "_request",
    "_rate_limits",
    "_settings expand",
    "_base_url _headers _retry_budget",
    "_checks data",
    "errors otel",
    "_concurrency _decoding _retry _version events middleware",
    "_response",
    "_lazy _redact",
)
# Packages with stricter rules than their layer. `cli` uses only the public API.
ONLY = {
    "cli": set(
        "__init__ data errors events fleet models params sandbox sync webhooks".split()  # noqa: SIM905
    ),
    "sandbox": {"_version"},
}


def allowed_imports(package):
    if package in ONLY:
        return ONLY[package]
    layers = [layer.split() for layer in LAYERS]
    level = next(n for n, layer in enumerate(layers) if package in layer)
    below = {name for layer in layers[level + 1 :] for name in layer}
    # `__init__` is what users import, and it must work without the sandbox.
    return below - {"sandbox"} if package == "__init__" else below


def package_of(path):
    return path.relative_to(PACKAGE).with_suffix("").parts[0]


@cache
def parse(path):
    return ast.parse(path.read_text())


def imported_modules(path):
    """Yield the absolute name of each module or name that a file imports."""
    for node in ast.walk(parse(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def imported_packages(path):
    """Yield the packages of this project that a file imports."""
    names = {package_of(path) for path in source_files()}
    for module in imported_modules(path):
        root, _, rest = module.partition(".")
        if root == "financial_connections":
            package = rest.partition(".")[0]
            yield package if package in names else "__init__"


@cache
def source_files():
    files = sorted(PACKAGE.rglob("*.py"))
    assert len(files) > 50
    return files


def test_packages_import_only_from_layers_below():
    for path in source_files():
        package = package_of(path)
        wrong = set(imported_packages(path)) - allowed_imports(package) - {package}
        assert set() == wrong, f"{path.relative_to(PACKAGE)} must not import {wrong}"


def test_every_package_has_a_layer():
    layers = {name for layer in LAYERS for name in layer.split()}
    assert layers == {package_of(path) for path in source_files()}


@pytest.mark.parametrize("tool", ["codegen", "openapi_python_client", "pytest"])
def test_the_package_imports_no_development_tool(tool):
    users = {
        package_of(path)
        for path in source_files()
        if tool in {module.split(".")[0] for module in imported_modules(path)}
    }
    assert users <= ({"_pytest_plugin"} if tool == "pytest" else set())


def test_the_package_has_no_import_cycle():
    """Follow only imports that run when a module is loaded."""
    modules = {
        ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts): path
        for path in source_files()
    }
    graph = {
        module.removesuffix(".__init__"): {
            target
            for name in imports_on_load(path)
            for target in (name, name.rpartition(".")[0])
            if target in modules and target != module
        }
        for module, path in modules.items()
    }
    assert [] == cycles(graph)


def imports_on_load(path):
    """Yield the names that a file imports outside functions and `if TYPE_CHECKING`."""
    pending = list(parse(path).body)
    while pending:
        node = pending.pop()
        if isinstance(node, ast.ImportFrom) and node.level == 0:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            pending += node.orelse
        elif not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            pending += [
                child
                for child in ast.iter_child_nodes(node)
                if isinstance(child, ast.stmt)
            ]


def cycles(graph):
    """Return the modules that are part of a cycle or depend on one."""
    waiting = dict(graph)
    while ready := {m for m, needs in waiting.items() if not needs & waiting.keys()}:
        waiting = {m: needs for m, needs in waiting.items() if m not in ready}
    return sorted(waiting)
