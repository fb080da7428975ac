import io
import json
import os
import re
import shutil
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import pytest

from codegen.__main__ import main
from codegen.contract.slicing import slice_document
from codegen.reading import parse, sort_keys

ROOT = Path(__file__).parents[2]
UPSTREAMS = Path(__file__).parent / "upstreams"


class Tree:
    """A copy of the project's files in which to generate code.

    `run` starts the command as a subprocess, and `call` runs it in this process.
    """

    def __init__(self, root: Path) -> None:
        self.root = root

    def run(
        self, *arguments: object, **environment: str
    ) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "codegen", "--root", self.root, *arguments]
        return subprocess.run(
            list(map(str, command)),
            cwd=ROOT,
            env={**os.environ, **environment},
            capture_output=True,
            text=True,
            check=False,
        )

    def call(self, *arguments: object) -> subprocess.CompletedProcess[str]:
        line = ["--root", str(self.root), *map(str, arguments)]
        with (
            redirect_stdout(io.StringIO()) as out,
            redirect_stderr(io.StringIO()) as errors,
        ):
            try:
                code = main(line)
            except SystemExit as error:
                code = error.code
        return subprocess.CompletedProcess(
            line, code, out.getvalue(), errors.getvalue()
        )

    def write(self, name: str, document: object) -> Path:
        path = self.root / name
        path.write_bytes(
            document if isinstance(document, bytes) else json.dumps(document).encode()
        )
        return path

    def drop_overlays(self) -> None:
        for path in (self.root / "openapi" / "overlays").iterdir():
            path.unlink()

    def files(self) -> dict[str, bytes]:
        paths = (path for path in self.root.rglob("*") if path.is_file())
        return {
            path.relative_to(self.root).as_posix(): path.read_bytes() for path in paths
        }


def todo(result, heading=r"\w.*"):
    """Return the manual steps that a stage has listed, under one or all headings."""
    groups = re.compile(r"^(.+) \(\d+\):\n((?:  .*\n)+)", re.MULTILINE)
    assert not groups.sub("", result.stderr)
    return [
        line.strip()
        for title, lines in groups.findall(result.stderr)
        if re.fullmatch(heading, title)
        for line in lines.splitlines()
    ]


def copy_project(root):
    for folder in ("benchmarks", "docs", "examples", "openapi", "src"):
        ignored = shutil.ignore_patterns("__pycache__", "decisions")
        shutil.copytree(ROOT / folder, root / folder, ignore=ignored)
    for file in ("CHANGELOG.md", "README.md"):
        shutil.copy(ROOT / file, root)
    return Tree(root)


@pytest.fixture
def tree(tmp_path):
    return copy_project(tmp_path / "tree")


@pytest.fixture(scope="session")
def contract():
    return parse(
        (ROOT / "openapi" / "financial_connections.yaml").read_bytes(), "contract"
    )


@pytest.fixture(scope="session")
def overlays():
    return {
        path.name: parse(path.read_bytes(), path.name)
        for path in (ROOT / "openapi" / "overlays").glob("*.yaml")
    }


@pytest.fixture(scope="session")
def prose():
    return parse((ROOT / "openapi" / "prose.yaml").read_bytes(), "prose.yaml")


@pytest.fixture(scope="session")
def names():
    return parse((ROOT / "openapi" / "names.yaml").read_bytes(), "names.yaml")


@pytest.fixture(scope="session")
def spec_files():
    """Return the paths of Stripe's specifications in the folder named by FC_SPECS."""
    folder = os.environ.get("FC_SPECS")
    if not folder:
        pytest.skip("FC_SPECS is not set to a folder with Stripe's specifications")
    paths = sorted(
        path
        for path in Path(folder).rglob("*")
        if path.suffix in {".json", ".yaml", ".yml"}
    )
    assert paths
    return paths


@pytest.fixture(scope="session")
def slices(spec_files):
    """Return a slice of each of Stripe's specifications, keyed by path."""
    return {
        path: sort_keys(slice_document(parse(path.read_bytes(), path.name)), "document")
        for path in spec_files
    }
