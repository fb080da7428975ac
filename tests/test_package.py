"""The wheel, as installed by users."""

import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("dist")
    build = [
        sys.executable,
        "-m",
        "build",
        "--no-isolation",
        "--wheel",
        "--outdir",
        folder,
        ROOT,
    ]
    subprocess.run(build, check=True, capture_output=True)
    [path] = folder.glob("*.whl")
    return path


def test_the_wheel_contains_only_the_package_and_the_contract(wheel):
    names = zipfile.ZipFile(wheel).namelist()
    assert {"financial_connections"} == {
        name.split("/")[0] for name in names if "dist-info" not in name
    }
    assert "financial_connections/py.typed" in names
    assert "financial_connections/sandbox/financial_connections.yaml" in names
    assert not [name for name in names if "codegen" in name or "/test_" in name]
    # Reading ahead in the first sync took it above 600,000 bytes.
    assert wheel.stat().st_size < 650_000


def test_the_description_has_only_absolute_links(wheel):
    with zipfile.ZipFile(wheel) as archive:
        [name] = [name for name in archive.namelist() if name.endswith("/METADATA")]
        text = archive.read(name).decode()
    links = re.findall(r"\]\(([^)]+)\)", text)
    assert len(links) > 20
    assert [] == [link for link in links if not link.startswith(("https://", "#"))]


def test_the_unpacked_wheel_works_without_the_checkout(wheel, tmp_path):
    zipfile.ZipFile(wheel).extractall(tmp_path)
    program = (
        "import financial_connections as f, financial_connections.sandbox as s, sys;"
        "assert f.__file__.startswith(sys.argv[1]), f.__file__;"
        "from financial_connections.sandbox.api.contract import load_contract;"
        "print(load_contract().version == f.API_VERSION)"
    )
    run = [
        sys.executable,
        "-c",
        f"import sys; sys.path.insert(0, sys.argv[1]); {program}",
        str(tmp_path),
    ]
    done = subprocess.run(run, check=True, capture_output=True, text=True, cwd=tmp_path)
    assert "True" == done.stdout.strip()


@pytest.mark.parametrize(
    ("module", "missing", "extra"),
    [("sandbox", "starlette", "sandbox"), ("otel", "opentelemetry", "otel")],
)
def test_a_missing_extra_is_named(module, missing, extra):
    program = (
        "import sys, importlib.abc\n"
        f"missing = {missing!r}\n"
        "class Gone(importlib.abc.MetaPathFinder):\n"
        "    def find_spec(self, name, path, target=None):\n"
        "        if name.split('.')[0] == missing: raise ModuleNotFoundError(name)\n"
        "sys.meta_path.insert(0, Gone())\n"
        "import importlib.util\n"
        "real = importlib.util.find_spec\n"
        "importlib.util.find_spec = (\n"
        "    lambda name, *args: None if name == missing else real(name, *args)\n"
        ")\n"
        f"import financial_connections.{module}\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert (
        f"pip install 'path/to/financial-connections[{extra}]'"
        in done.stderr.splitlines()[-1]
    )
