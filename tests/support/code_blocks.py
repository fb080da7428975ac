"""The code in pages and docstrings, and a program that runs programs: `python
tests/support/code_blocks.py FILE…`.

A `text` block right below a `python` block is what the program prints, with `…` for
anything."""

import ast
import io
import logging
import re
import runpy
import sys
import textwrap
from contextlib import redirect_stdout
from pathlib import Path
from typing import NamedTuple

_FENCE = re.compile(r"^( *)```(\w+)[^\n]*\n(.*?)^\1```$", re.DOTALL | re.MULTILINE)
_INDENTED = re.compile(r"(?:^    .*\n(?:\n(?=    ))?)+", re.MULTILINE)
_SECTION = re.compile(
    r"^(?:Args|Attributes|Raises|Returns|Yields):\n(?:    .*\n|\n(?=    ))+",
    re.MULTILINE,
)
_DOCUMENTED = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


class Block(NamedTuple):
    line: int
    language: str
    code: str
    output: str | None = None

    @property
    def is_test(self):
        return "def test_" in self.code


def blocks_of(page):
    """Return the blocks of a page, each with what it prints; not the files that it
    shows.
    """
    text, found, end = page.read_text(), [], 0
    for match in _FENCE.finditer(text):
        code = re.sub(rf"^{match[1]}", "", match[3], flags=re.MULTILINE)
        if match[2] == "text" and found and not text[end : match.start()].strip():
            found[-1] = found[-1]._replace(output=code)
        elif not code.startswith("--8<--"):
            found.append(Block(text[: match.start()].count("\n") + 2, match[2], code))
        end = match.end()
    return found


def examples_in(module):
    """Return the indented code in a module's docstrings, without sections such as
    `Args:`, each with a name.
    """
    documented = [
        node
        for node in ast.walk(ast.parse(module.read_text()))
        if isinstance(node, _DOCUMENTED)
    ]
    found = [
        (getattr(node, "name", ""), textwrap.dedent(code))
        for node in documented
        for code in _INDENTED.findall(_SECTION.sub("", f"{ast.get_docstring(node)}\n"))
    ]
    return [
        (name, code) for name, code in found if "──" not in code
    ]  # no drawing of a tree


def difference(expected, actual):
    """Return what is wrong with an output; empty when it is as expected."""
    pattern = re.escape(expected.strip()).replace("…", ".*")
    return (
        ""
        if re.fullmatch(pattern, actual.strip(), re.DOTALL)
        else f"expected:\n{expected}\nactual:\n{actual}"
    )


def main(paths):
    """Run programs one after the other, each in a namespace of its own; the output of
    `x.py` is in `x.txt`.
    """
    for path in map(Path, paths):
        printed = io.StringIO()
        with redirect_stdout(printed):
            runpy.run_path(str(path), run_name="__main__")
        logging.getLogger("financial_connections").handlers.clear()
        expected = path.with_suffix(".txt")
        wrong = (
            difference(expected.read_text(), printed.getvalue())
            if expected.exists()
            else ""
        )
        if wrong:
            sys.exit(f"{path.name}: {wrong}")


if __name__ == "__main__":
    main(sys.argv[1:])
