"""The exports of public modules, and their documentation."""

import ast
import enum
import importlib
import inspect
import itertools
import pkgutil
import re
from pathlib import Path

import pytest

import financial_connections
from financial_connections._generated import events, parameter_types, response_types
from financial_connections.models import Model

PACKAGE = Path(financial_connections.__file__).parent
# Generated names, which a module exports after its own.
ADDED = {
    "financial_connections.models": sorted(response_types.__all__),
    "financial_connections.params": sorted(parameter_types.__all__),
    "financial_connections.webhooks": sorted(events.__all__),
}
# Vague words. A summary should start with a verb or a noun phrase instead.
VAGUE = re.compile(r"(What|Whether|Where|How|Whoever|Whatever)\b")
ARGS = re.compile(r"^Args:\n((?:    .*\n|\n)+)", re.MULTILINE)
# An entry in `Args:` or `Attributes:`.
ENTRY = re.compile(r"^\s*\*{0,2}(\w+)(?: \([^)]*\))?:", re.MULTILINE)


def public_modules():
    names = ["financial_connections"] + [
        f"financial_connections.{module.name}"
        for module in pkgutil.iter_modules([str(PACKAGE)])
        if not module.name.startswith("_")
    ]
    assert len(names) > 5
    return names


def exported(module):
    """Yield the public names of a module that this project defines."""
    module = importlib.import_module(module)
    for name in module.__all__:
        value = getattr(module, name)
        if getattr(value, "__module__", "").startswith("financial_connections"):
            yield name, value


def public_callables(name, value):
    """Yield an exported function, or an exported class and its public methods."""
    if inspect.isfunction(value):
        yield name, value
    elif inspect.isclass(value) and not is_generated(value):
        if not issubclass(value, enum.Enum):
            yield name, value
        for attribute, member in members(value):
            function = getattr(member, "__func__", member)
            if not attribute.startswith("_") and inspect.isfunction(function):
                yield f"{name}.{attribute}", function


def members(cls):
    """Yield the members of a class and of its bases in this package."""
    for base in cls.__mro__:
        if base.__module__.startswith("financial_connections"):
            yield from vars(base).items()


def is_generated(cls):
    """Return True if a class, and therefore its documentation, is generated."""
    return issubclass(cls, Model) and cls is not Model


def parameters(function):
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):
        return []
    return [
        parameter.name
        for parameter in signature.parameters.values()
        if parameter.name not in {"self", "cls"}
        and not (inspect.isclass(function) and parameter.kind in VARIADIC)
    ]


VARIADIC = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)


def documented(function):
    """Return the names documented by a docstring or by strings below attributes."""
    entries = set(
        re.findall(r"^\s*\*{0,2}(\w+)(?: \([^)]*\))?:", doc(function), re.MULTILINE)
    )
    if inspect.isclass(function):
        for base in function.__mro__[:-1]:
            if base.__module__.startswith("financial_connections"):
                entries |= set(
                    re.findall(r"^\s*(\w+):", base.__doc__ or "", re.MULTILINE)
                )
                entries |= attributes_with_docstring(base)
    return entries


def doc(function):
    return inspect.getdoc(function) or ""


def attributes_with_docstring(cls):
    return {
        statement.target.id
        for statement, following in itertools.pairwise(class_body(cls))
        if isinstance(statement, ast.AnnAssign)
        and isinstance(following, ast.Expr)
        and isinstance(following.value, ast.Constant)
    }


def class_body(cls):
    """Return the statements of a class, which may be in a module of its package."""
    module = Path(inspect.getfile(cls))
    in_package = module.parent.glob("*.py") if module.name == "__init__.py" else ()
    return next(
        node.body
        for path in (module, *in_package)
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ClassDef) and node.name == cls.__name__
    )


@pytest.mark.parametrize("module", public_modules())
def test_all_is_sorted_and_every_name_in_it_exists(module):
    module = importlib.import_module(module)
    generated = ADDED.get(module.__name__, [])
    names = module.__all__[: len(module.__all__) - len(generated)]
    assert [*sorted(names), *generated] == list(module.__all__)
    assert len(set(module.__all__)) == len(module.__all__)
    assert [] == [name for name in module.__all__ if not hasattr(module, name)]


@pytest.mark.parametrize("module", public_modules())
def test_every_parameter_of_a_public_callable_is_documented(module):
    missing = {}
    for name, value in exported(module):
        for qualified, function in public_callables(name, value):
            names = {p.removeprefix("_") for p in parameters(function)}
            if undocumented := names - documented(function):
                missing[qualified] = sorted(undocumented)
    assert {} == missing


@pytest.mark.parametrize("module", public_modules())
def test_every_documented_parameter_exists(module):
    unknown = []
    for name, value in exported(module):
        for qualified, function in public_callables(name, value):
            known = {p.removeprefix("_") for p in parameters(function)}
            for section in ARGS.findall(f"{doc(function)}\n"):
                entries = set(re.findall(r"^    \*{0,2}(\w+)", section, re.MULTILINE))
                unknown += [f"{qualified}: {entry}" for entry in entries - known]
    assert [] == unknown


@pytest.mark.parametrize("module", public_modules())
def test_every_public_name_has_a_summary_without_vague_words(module):
    documents = {module: importlib.import_module(module)} | {
        qualified: function
        for name, value in exported(module)
        if inspect.isclass(value) or inspect.isfunction(value)
        for qualified, function in [(name, value), *public_callables(name, value)]
    }
    assert [] == [
        name
        for name, value in documents.items()
        if not doc(value) or VAGUE.match(doc(value))
    ]


def test_no_docstring_starts_with_a_vague_word():
    vague = [
        (path.name, ast.get_docstring(node).splitlines()[0])
        for path in PACKAGE.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, DOCUMENTED) and VAGUE.match(ast.get_docstring(node) or "")
    ]
    assert [] == vague


DOCUMENTED = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
