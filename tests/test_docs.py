"""Tests of the documentation: code blocks run and print the output that is shown, and
links have targets.
"""

import ast
import importlib
import json
import os
import re
import shlex
import subprocess
import sys
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
import starlette.applications
import starlette.routing

from financial_connections import AsyncClient
from financial_connections.sandbox import Sandbox, serve
from financial_connections.webhooks import sign
from tests.support.code_blocks import blocks_of, difference, examples_in, write
from tests.test_decisions import decisions
from tests.test_public_api import PACKAGE, public_modules

ROOT = Path(__file__).parents[1]
FOLDERS = (".", "docs", "docs/**", "codegen", "openapi", "tests")
PAGES = sorted({page for folder in FOLDERS for page in ROOT.glob(f"{folder}/*.md")})

# Pages that need no program, with the reason.
WITHOUT_PROGRAM = {
    "CHANGELOG.md": "a list",
    "CONTRIBUTING.md": "rules",
    "codegen/README.md": "a map",
    "tests/README.md": "a map",
    "SECURITY.md": "how to report",
    "docs/changelog.md": "the text of CHANGELOG.md",
    "docs/contributing.md": "the text of CONTRIBUTING.md",
    "docs/performance.md": "written by make bench",
    "docs/cli.md": "tests/cli runs its commands",
    "docs/decisions": "reasons",
    "docs/reference": "docstrings, whose examples run below",
    "docs/explanation/index.md": "a list",
    "openapi/README.md": "its commands rewrite the contract; tests/codegen has them",
}

# All warnings are errors, except for one that the official SDK causes in httpx.
WARNINGS = ["-W", "error", "-W", "ignore:Use 'content=:DeprecationWarning"]


def name_of(page):
    return str(page.relative_to(ROOT))


def needs_program(page):
    return not any(
        Path(name_of(page)).is_relative_to(exempt) for exempt in WITHOUT_PROGRAM
    )


@cache
def blocks_in(language):
    """Return the pages that have blocks in a language, with these blocks."""
    pages = {
        page: [block for block in blocks_of(page) if block.language == language]
        for page in PAGES
    }
    return {page: blocks for page, blocks in pages.items() if blocks}


def run(*command, cwd=ROOT):
    paths = {
        "PATH": [str(Path(sys.executable).parent), os.environ["PATH"]],
        "PYTHONPATH": [str(ROOT), *sys.path],
    }
    environment = {name: os.pathsep.join(path) for name, path in paths.items()} | {
        "NO_MKDOCS_2_WARNING": "1"
    }
    return subprocess.run(
        command,
        capture_output=True,
        text=True,
        cwd=cwd,
        env=os.environ | environment,
        check=False,
    )


def test_every_page_has_a_program():
    pages = [page for page in PAGES if needs_program(page)]
    assert len(pages) > 20
    assert [] == [name_of(page) for page in pages if page not in blocks_in("python")]


@pytest.mark.parametrize("page", blocks_in("python"), ids=name_of)
def test_the_programs_of_a_page_run(page, tmp_path):
    """The programs of a page share a process, in which warnings are errors."""
    blocks = [block for block in blocks_in("python")[page] if not block.is_test]
    programs = [write(block, tmp_path) for block in blocks]
    done = run(
        sys.executable,
        *WARNINGS,
        ROOT / "tests/support/code_blocks.py",
        *programs,
        cwd=tmp_path,
    )
    assert 0 == done.returncode, done.stdout + done.stderr
    assert "Exception ignored" not in done.stderr


@pytest.mark.parametrize(
    "page",
    [
        page
        for page, blocks in blocks_in("python").items()
        if any(b.is_test for b in blocks)
    ],
    ids=name_of,
)
def test_the_tests_of_a_page_pass(page, tmp_path):
    tests = [block for block in blocks_in("python")[page] if block.is_test]
    for block in tests:
        (tmp_path / f"test_line_{block.line}.py").write_text(block.code)
    done = run(
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-W",
        "error",
        "-o",
        "anyio_mode=auto",
        "-o",
        "asyncio_default_fixture_loop_scope=function",
        tmp_path,
        cwd=tmp_path,
    )
    assert 0 == done.returncode, done.stdout + done.stderr


def commands():
    """Yield each `$ command` of a page with its output.

    A command without `$` is not run, because it takes too long or changes files.
    """
    for page, blocks in blocks_in("console").items():
        if name_of(page) not in WITHOUT_PROGRAM:
            for block in blocks:
                for command, output in re.findall(
                    r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", block.code, re.MULTILINE
                ):
                    yield pytest.param(
                        command, output, id=f"{name_of(page)}:{block.line}"
                    )


@pytest.mark.parametrize(("command", "output"), list(commands()))
def test_a_command_prints_the_output_on_the_page(command, output):
    done = run(*shlex.split(command))
    assert 0 == done.returncode, done.stderr
    assert not output or not difference(output, done.stdout)


def examples():
    for path in sorted(
        set(PACKAGE.rglob("*.py")) - set(PACKAGE.glob("_generated/**/*.py"))
    ):
        parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
        module = ".".join(part for part in parts if part != "__init__")
        for name, code in examples_in(path):
            yield pytest.param(module, code, id=f"{module}:{name}")


def test_there_are_examples_in_docstrings():
    assert 8 < len(list(examples()))


@pytest.mark.parametrize(("module", "code"), list(examples()))
async def test_an_example_in_a_docstring_runs(module, code, monkeypatch, no_waiting):
    sandbox = Sandbox(api_key="sk_test_123")
    customer = sandbox.add_customer("cus_123")
    for number in ("123", "1", "2"):
        account = sandbox.add_account(customer=customer, transactions=3)
        code = code.replace(f'"fca_{number}"', f'"{account}"')
    body = (
        b'{"type": "financial_connections.account.refreshed_transactions", '
        b'"data": {"object": {"id": "fca_1"}}}'
    )

    async def do_nothing(*_):
        pass

    async with serve(sandbox) as server:
        monkeypatch.setitem(AsyncClient.__init__.__kwdefaults__, "base_url", server.url)
        async with AsyncClient("sk_test_123") as client:
            names = vars(importlib.import_module(module)) | {
                "body": body,
                "client": client,
                "handler": do_nothing,
                "headers": {"Stripe-Signature": sign(body, "whsec_…")},
                "pager": client.transactions.list(account=account),
                "saved": None,
                "starlette": starlette,
                "Starlette": starlette.applications.Starlette,
                "store": do_nothing,
            }
            coroutine = eval(
                compile(code, "docstring", "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT),
                names,
            )
            if coroutine is not None:
                await coroutine


@pytest.fixture(scope="session")
def folder(tmp_path_factory):
    """Build the site as `make docs` does.

    Not with `--quiet`, because warnings that are not printed do not count as errors.
    """
    folder = tmp_path_factory.mktemp("site")
    done = run(
        sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", folder
    )
    assert 0 == done.returncode, done.stderr
    assert {"INFO"} == {
        line.split()[0] for line in (done.stdout + done.stderr).splitlines()
    }
    return folder


@pytest.fixture(scope="session")
def site(folder):
    return {path: Links(path.read_text()) for path in sorted(folder.rglob("*.html"))}


class Links(HTMLParser):
    """The link targets of a page, the files that it loads, and its anchors."""

    def __init__(self, text):
        super().__init__()
        self.targets, self.loaded, self.anchors = [], [], {""}
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        named = dict(attrs)
        self.anchors |= {named[key] for key in ("id", "name") if named.get(key)}
        target = named.get("href") or named.get("src")
        if target:
            self.targets.append(target)
        # A `link` with one of these relations loads nothing.
        if (
            target
            and tag != "a"
            and named.get("rel") not in {"canonical", "next", "prev"}
        ):
            self.loaded.append(target)


def test_the_site_loads_nothing_from_elsewhere(folder, site):
    loaded = [target for links in site.values() for target in links.loaded]
    assert len(loaded) > 5 * len(site) > 300
    assert [] == [target for target in loaded if urlsplit(target).netloc]
    styles = [path for kind in ("css", "svg") for path in folder.rglob(f"*.{kind}")]
    assert len(styles) > 5
    assert [] == [
        path.name
        for path in styles
        if re.search(r"""(url\(|@import|href=)\s*["']?https?:""", path.read_text())
    ]


def test_every_link_of_the_site_has_a_target(folder, site):
    checked, broken = 0, []
    for path, links in site.items():
        for target in links.targets:
            parts = urlsplit(target)
            if parts.scheme or parts.netloc:
                continue
            start = folder if parts.path.startswith("/") else path.parent
            file = (
                (start / unquote(parts.path).lstrip("/")).resolve()
                if parts.path
                else path
            )
            checked += 1
            if not file.is_file() or (
                parts.fragment and unquote(parts.fragment) not in site[file].anchors
            ):
                broken.append(f"{path.name}: {target}")
    assert checked > 1_000
    assert [] == broken


def test_the_reference_has_every_public_name(site):
    anchors = {
        anchor
        for path, links in site.items()
        if path.parent.name == "reference"
        for anchor in links.anchors
    }
    anchors |= {anchor.rpartition(".")[2] for anchor in anchors}
    modules = set(public_modules()) - {
        "financial_connections.cli"
    }  # a command, which has a page
    names = {
        f"{module}.{name}"
        for module in modules
        for name in importlib.import_module(module).__all__
    }
    # The reference describes a name of the package in the module that defines it.
    names = {
        name.rpartition(".")[2] if name.count(".") == 1 else name for name in names
    }
    assert [] == sorted(names - anchors)


def test_every_decision_is_linked_from_the_index_of_the_site(site):
    [index] = [
        links for path, links in site.items() if path.match("decisions/index.html")
    ]
    pages = {path.with_suffix(".html").name for path in decisions()}
    assert len(pages) > 15
    assert set() == pages - set(index.targets)


def test_decisions_are_left_out_of_the_search(folder):
    entries = json.loads((folder / "search/search_index.json").read_text())["docs"]
    assert len(entries) > 100
    assert [] == [
        entry["location"]
        for entry in entries
        if entry["location"].startswith("decisions/0")
    ]


def test_prose_has_at_most_80_columns():
    generated = ROOT / "docs/performance.md"
    blocks = re.compile(r"^ *```.*?^ *```$|^<!--.*?-->$", re.DOTALL | re.MULTILINE)
    # Tables, images, addresses and indented code cannot be wrapped.
    wide = re.compile(r"^(?!\||!?\[|    ).{81,}$", re.MULTILINE)
    lines = {
        f"{name_of(page)}: {line}"
        for page in PAGES
        if page != generated
        for line in wide.findall(blocks.sub("", page.read_text()))
    }
    assert set() == lines


def test_relative_links_have_targets():
    checked = 0
    for page in PAGES:
        for target in re.findall(r"\]\(([^)#\s]+)", page.read_text()):
            if "://" not in target:
                checked += 1
                assert (page.parent / target).exists(), (
                    f"{name_of(page)} links to {target}"
                )
    assert checked > 50


def test_links_to_files_of_the_repository_have_targets():
    links = re.compile(r"https://github\.com/[\w/-]+/blob/main/([^)\s#]+)")
    files = {file for page in PAGES for file in links.findall(page.read_text())}
    assert len(files) > 5
    assert [] == [file for file in files if not (ROOT / file).exists()]


def test_files_in_the_tables_of_the_contributing_guide_exist():
    rows = re.findall(r"^\|.*$", (ROOT / "CONTRIBUTING.md").read_text(), re.MULTILINE)
    files = re.findall(r"`([\w/]+(?:/|\.py))`", "\n".join(rows))
    assert len(files) > 30
    assert [] == [
        file
        for file in files
        if not (ROOT / file).exists() and not (PACKAGE / file).exists()
    ]


def test_the_tour_runs_to_its_end():
    done = run(sys.executable, "-m", "examples.tour")
    assert 0 == done.returncode, done.stderr
    assert "Done." in done.stdout
