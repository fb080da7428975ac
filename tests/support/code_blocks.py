"""Find code blocks in pages and docstrings, and run those in pages.

    python tests/support/code_blocks.py FILE…

A `python` block on a page is one of these:

* a program, which runs as it is;
* a snippet, which awaits outside a function or has a hidden setup: an HTML comment
  above it that begins with `<!-- setup`. Each snippet runs against its own sandbox.
  `client` and `sandbox` are defined, and `AsyncClient()` connects to that sandbox. If
  the setup defines a function named `check`, it is awaited at the end;
* an addition to the program above it: its `main` begins with `...`, which stands for
  the body of `main` so far;
* a test, which pytest runs.

A `text` block right below a `python` block is its output, in which `…` matches any
text. A `text` block with a hidden setup of its own is what the setup prints, and the
error that it raises.
"""

import ast
import inspect
import io
import logging
import os
import re
import runpy
import sys
import textwrap
from contextlib import redirect_stdout
from pathlib import Path
from typing import NamedTuple

import anyio

from financial_connections import AsyncClient
from financial_connections.sandbox import Sandbox, serve

_FENCE = re.compile(
    r"(?:^<!-- setup\n(?P<setup>.*?)^-->\n+)?"
    r"^(?P<indent> *)```(?P<language>\w+)[^\n]*\n(?P<code>.*?)^(?P=indent)```$",
    re.DOTALL | re.MULTILINE,
)
_INDENTED = re.compile(r"(?:^    .*\n(?:\n(?=    ))?)+", re.MULTILINE)
_SECTION = re.compile(
    r"^(?:Args|Attributes|Raises|Returns|Yields):\n(?:    .*\n|\n(?=    ))+",
    re.MULTILINE,
)
_DOCUMENTED = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
_FUNCTION = ast.FunctionDef | ast.AsyncFunctionDef


class Block(NamedTuple):
    line: int
    language: str
    code: str
    setup: str | None = None
    output: str | None = None

    @property
    def is_test(self):
        return "def test_" in self.code

    @property
    def is_snippet(self):
        return self.setup is not None or _awaits(ast.parse(self.code))

    @property
    def continues(self):
        """True if this is an addition to the program above it."""
        return "async def main() -> None:\n    ...\n" in self.code


def blocks_of(page):
    """Return the blocks of a page with their outputs, skipping included files."""
    text, blocks, end = page.read_text(), [], 0
    for match in _FENCE.finditer(text):
        code = re.sub(rf"^{match['indent']}", "", match["code"], flags=re.MULTILINE)
        follows = not text[end : match.start()].strip()
        if match["language"] == "text" and match["setup"] is not None:
            line = text[: match.start("setup")].count("\n") + 1
            program = _catching(match["setup"])
            blocks.append(Block(line, "python", program, setup="", output=code))
        elif match["language"] == "text" and blocks and follows:
            output = (blocks[-1].output or "") + code
            blocks[-1] = blocks[-1]._replace(output=output)
        elif not code.startswith("--8<--"):
            line = text[: match.start("code")].count("\n") + 1
            block = Block(line, match["language"], code, match["setup"])
            if block.continues:
                block = _extend(
                    [b for b in blocks if b.language == "python"][-1], block
                )
            blocks.append(block)
        end = match.end()
    return blocks


def _catching(code):
    """Return a program that prints the error that the code raises."""
    return (
        f"try:\n{textwrap.indent(code, '    ')}"
        "except Exception as error:\n"
        "    print(f'{type(error).__name__}: {error}')\n"
    )


def _extend(program, part):
    """Return the program extended by the part, with its output so far."""
    tree = ast.parse(program.code)
    [main] = [node for node in tree.body if getattr(node, "name", "") == "main"]
    innermost = main.body
    while isinstance(innermost[-1], ast.With | ast.AsyncWith):
        innermost = innermost[-1].body
    for node in ast.parse(part.code).body:
        if getattr(node, "name", "") == "main":
            innermost += node.body[1:]
        elif isinstance(node, ast.Import | ast.ImportFrom):
            tree.body.insert(0, node)
        else:
            tree.body.insert(tree.body.index(main), node)
    return part._replace(code=f"{ast.unparse(tree)}\n", output=program.output)


def _awaits(node):
    """Return True if the code awaits outside a function."""
    if isinstance(node, ast.Await | ast.AsyncFor | ast.AsyncWith) or (
        isinstance(node, ast.comprehension) and node.is_async
    ):
        return True
    return any(
        _awaits(child)
        for child in ast.iter_child_nodes(node)
        if not isinstance(child, _FUNCTION)
    )


def examples_in(module):
    """Return the indented examples in a module's docstrings, each with a name.

    Sections such as `Args:` and tree diagrams are skipped.
    """
    documented = [
        node
        for node in ast.walk(ast.parse(module.read_text()))
        if isinstance(node, _DOCUMENTED)
    ]
    examples = [
        (getattr(node, "name", ""), textwrap.dedent(code))
        for node in documented
        for code in _INDENTED.findall(_SECTION.sub("", f"{ast.get_docstring(node)}\n"))
    ]
    return [(name, code) for name, code in examples if "──" not in code]


def difference(expected, actual):
    """Describe how an output differs from the expected one; empty if it matches."""
    pattern = re.escape(expected.strip()).replace("…", ".*")
    return (
        ""
        if re.fullmatch(pattern, actual.strip(), re.DOTALL)
        else f"expected:\n{expected}\nactual:\n{actual}"
    )


def write(block, folder):
    """Write a block to files for `main` to run, and return the path of its code."""
    path = folder / f"line_{block.line}.py"
    path.write_text(block.code)
    if block.is_snippet:
        path.with_suffix(".setup").write_text(block.setup or "")
    if block.output is not None:
        path.with_suffix(".txt").write_text(block.output)
    return path


async def _run_snippet(path):
    """Run a snippet and its setup against a sandbox."""
    sandbox = Sandbox()
    async with serve(sandbox) as server:
        os.environ["STRIPE_API_KEY"] = sandbox.api_key
        os.environ["STRIPE_BASE_URL"] = server.url
        async with AsyncClient() as client:
            names = {"__name__": "__main__", "client": client, "sandbox": sandbox}
            for source in (path.with_suffix(".setup"), path):
                code = compile(
                    source.read_text(), source, "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
                )
                if code.co_flags & inspect.CO_COROUTINE:
                    await eval(code, names)
                else:  # it may start its own event loop
                    await anyio.to_thread.run_sync(eval, code, names)
            if "check" in names:
                await names["check"]()


def main(paths):
    """Run each file, and exit with a message if its output is not the expected one.

    The expected output of `x.py` is in `x.txt`. If there is an `x.setup`, `x.py` is a
    snippet.
    """
    for path in map(Path, paths):
        output = io.StringIO()
        with redirect_stdout(output):
            if path.with_suffix(".setup").exists():
                anyio.run(_run_snippet, path)
            else:
                runpy.run_path(str(path), run_name="__main__")
        logging.getLogger("financial_connections").handlers.clear()
        expected = path.with_suffix(".txt")
        wrong = (
            difference(expected.read_text(), output.getvalue())
            if expected.exists()
            else ""
        )
        if wrong:
            sys.exit(f"{path.name}: {wrong}")


if __name__ == "__main__":
    main(sys.argv[1:])
