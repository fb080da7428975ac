"""Docstrings of classes and their attributes, as Markdown without line breaks."""

import ast
import inspect
import itertools
import sys
from functools import cache


def class_doc(cls: type) -> str:
    """Return the docstring of a class, without its arguments.

    Args:
        cls: The class.
    """
    return _unwrap((inspect.getdoc(cls) or "").partition("\n\nArgs:")[0])


def attribute_docs(cls: type) -> dict[str, str]:
    """Return the docstrings of a class's attributes, including inherited ones.

    Python keeps them only in the source code.

    Args:
        cls: A model or an enum.

    Returns:
        The docstring of each attribute, keyed by name. The dict is empty if the source
        code is not available, as in a program that was compiled into one file.
    """
    docs: dict[str, str] = {}
    for base in reversed(cls.__mro__):
        if "__attrs_attrs__" in vars(base) or "_member_names_" in vars(base):
            module: str = vars(base).get("_source_module", base.__module__)
            docs |= _docs_in(module).get(base.__name__, {})
    return docs


@cache
def _docs_in(module: str) -> dict[str, dict[str, str]]:
    """Return the docstrings of attributes, by name of the class."""
    try:
        tree = ast.parse(inspect.getsource(sys.modules[module]))
    except (OSError, TypeError, KeyError):  # no source code
        return {}
    return {
        node.name: _docs_of(node)
        for node in tree.body
        if isinstance(node, ast.ClassDef)
    }


def _docs_of(node: ast.ClassDef) -> dict[str, str]:
    docs: dict[str, str] = {}
    for statement, following in itertools.pairwise(node.body):
        match statement, following:
            case (
                ast.AnnAssign(target=ast.Name(name))  # a field of a model
                | ast.Assign(targets=[ast.Name(name)]),  # a member of an enum
                ast.Expr(ast.Constant(str(text))),
            ):
                docs[name] = _unwrap(inspect.cleandoc(text))
            case _:
                pass
    return docs


def _unwrap(text: str) -> str:
    """Join the lines of each paragraph."""
    return "\n\n".join(" ".join(part.split()) for part in text.split("\n\n"))
