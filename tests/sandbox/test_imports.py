"""Imports between the sandbox's modules."""

import ast
from graphlib import TopologicalSorter
from pathlib import Path

from financial_connections import sandbox

PACKAGE = Path(sandbox.__file__).parent
NAME = sandbox.__name__


def modules():
    return {
        ".".join((NAME, *path.relative_to(PACKAGE).with_suffix("").parts)): path
        for path in PACKAGE.rglob("*.py")
        if path.name != "__init__.py"
    }


def without_type_checking(tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
            node.body = []
    return tree


def imported_names(source):
    for node in ast.walk(without_type_checking(ast.parse(source))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def imports():
    """Return the sandbox modules that each sandbox module imports at run time."""
    known = modules()
    graph = {
        module: set(imported_names(path.read_text())) & known.keys()
        for module, path in known.items()
    }
    assert len(graph) > 30
    assert f"{NAME}.api.state" in graph[f"{NAME}.delivery"]
    return graph


def test_imports_have_no_cycles():
    TopologicalSorter(imports()).prepare()


def test_rules_import_neither_the_http_layer_nor_the_sandbox_class():
    upper = {f"{NAME}.sandbox", f"{NAME}.demo", f"{NAME}.scenarios", f"{NAME}.delivery"}
    for module, imported in imports().items():
        if module.startswith(f"{NAME}.api."):
            assert not imported & upper
            assert not any(name.startswith(f"{NAME}.http.") for name in imported)


def test_the_sandbox_class_does_not_import_the_http_layer():
    imported = imports()[f"{NAME}.sandbox"]
    assert not any(name.startswith(f"{NAME}.http.") for name in imported)
