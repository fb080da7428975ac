"""The wheel works in fresh virtual environments, each with a single extra.

pip installs the latest versions of all dependencies.
"""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
EXTRAS = [
    "",
    "aiohttp",
    "cli",
    "data",
    "fleet",
    "fleet-demo",
    "fleet-redis",
    "fleet-temporal",
    "httpx2",
    "otel",
    "parquet",
    "postgres",
    "redis",
    "sandbox",
]
INCLUDES = {
    "cli": {"cli", "sandbox"},
    "fleet": {"fleet", "postgres"},
    "fleet-demo": {"cli", "fleet", "fleet-demo", "postgres", "sandbox"},
    "fleet-redis": {"fleet-redis", "redis"},
    "fleet-temporal": {"fleet", "fleet-temporal", "postgres"},
    "parquet": {"cli", "data", "parquet", "sandbox"},
    "redis": {"fleet-redis", "redis"},
}
"""Extras that include others, or the same packages, with everything they include."""

PIP = ["-m", "pip", "--disable-pip-version-check", "--quiet"]
LIST_ACCOUNTS = """
import anyio
from financial_connections import AsyncClient
from financial_connections.sandbox import Sandbox, serve

async def main():
    sandbox = Sandbox.demo()
    async with (
        serve(sandbox) as server,
        AsyncClient(sandbox.api_key, base_url=server.url) as client,
    ):
        print(len(await client.accounts.list().collect(max_items=100)))

anyio.run(main)
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    directory = tmp_path_factory.mktemp("dist")
    build = [
        sys.executable,
        "-m",
        "build",
        "--no-isolation",
        "--wheel",
        "--outdir",
        directory,
        ROOT,
    ]
    subprocess.run(build, check=True, capture_output=True)
    [path] = directory.glob("*.whl")
    return path


@pytest.fixture(scope="module", params=EXTRAS, ids=lambda extra: extra or "none")
def installed(request, wheel, tmp_path_factory):
    """An extra, and a function that runs programs where only it is installed."""
    directory = tmp_path_factory.mktemp(request.param or "none")
    subprocess.run([sys.executable, "-m", "venv", directory], check=True)

    def run(program, *args):
        return subprocess.run(
            [directory / "bin" / program, *args],
            capture_output=True,
            text=True,
            check=False,
            cwd=directory,
        )

    requirement = f"{wheel}[{request.param}]" if request.param else str(wheel)
    result = run("python", *PIP, "install", requirement)
    assert 0 == result.returncode, result.stderr
    return request.param, run


def included_in(extra):
    return INCLUDES.get(extra, {extra})


def test_dependencies_are_installed_and_compatible(installed):
    _, run = installed
    result = run("python", *PIP, "check")
    assert 0 == result.returncode, result.stdout


@pytest.mark.parametrize(
    "module",
    [
        "",
        ".data",
        ".models",
        ".params",
        ".errors",
        ".events",
        ".fleet",
        ".sync",
        ".webhooks",
        ".pagination",
    ],
)
def test_the_package_imports(installed, module):
    _, run = installed
    result = run(
        "python", "-W", "error", "-c", f"from financial_connections{module} import *"
    )
    assert (0, "") == (result.returncode, result.stderr)


@pytest.mark.parametrize(
    ("module", "needed"),
    [
        ("sandbox", "sandbox"),
        ("otel", "otel"),
        ("fleet.procrastinate", "fleet"),
        ("fleet.temporal", "fleet-temporal"),
    ],
)
def test_an_optional_module_imports_or_names_its_extra(installed, module, needed):
    extra, run = installed
    result = run(
        "python", "-W", "error", "-c", f"import financial_connections.{module}"
    )
    if needed in included_in(extra):
        assert (0, "") == (result.returncode, result.stderr)
    else:
        assert f"financial-connections[{needed}]'" in result.stderr.splitlines()[-1]


def test_the_aiohttp_transport_works_or_names_its_extra(installed):
    extra, run = installed
    program = (
        "from financial_connections import *;"
        " AsyncClient('sk_test_1', transport='aiohttp')"
    )
    result = run("python", "-c", program)
    assert ("aiohttp" == extra) is (0 == result.returncode)
    assert (
        "aiohttp" == extra
    ) or "financial-connections[aiohttp]" in result.stderr.splitlines()[-1]


@pytest.mark.parametrize(
    ("code", "needed"),
    [
        ("webhooks.RedisEventStore('redis://127.0.0.1:9')", "redis"),
        ("webhooks.PostgresEventStore('postgresql://127.0.0.1:9')", "postgres"),
        ("fleet.PostgresStore('postgresql://127.0.0.1:9')", "fleet"),
        ("fleet.PostgresRateLimit('postgresql://127.0.0.1:9')", "fleet"),
        ("fleet.RedisRateLimit('redis://127.0.0.1:9')", "fleet-redis"),
    ],
)
def test_a_store_can_be_created_or_names_its_extra(installed, code, needed):
    extra, run = installed
    program = f"from financial_connections import fleet, webhooks; {code}"
    result = run("python", "-c", program)
    has_extra = needed in included_in(extra)
    assert has_extra is (0 == result.returncode), result.stderr
    assert (
        has_extra
    ) or f"financial-connections[{needed}]" in result.stderr.splitlines()[-1]


def test_tables_can_be_made_or_name_their_extra(installed):
    extra, run = installed
    program = (
        "from financial_connections import data, models;"
        " data.schema(models.Transaction)"
    )
    result = run("python", "-c", program)
    has_extra = "data" in included_in(extra)
    assert has_extra is (0 == result.returncode), result.stderr
    assert (has_extra) or "financial-connections[data]" in result.stderr.splitlines()[
        -1
    ]


def test_fincon_works_with_an_embedded_sandbox_or_names_its_extra(installed):
    extra, run = installed
    results = help_result, list_result = (
        run("fincon", "--help"),
        run("fincon", "--sandbox", "accounts", "list"),
    )
    if "cli" in included_in(extra):
        assert [(0, "")] * 2 == [
            (result.returncode, result.stderr) for result in results
        ]
        assert "transactions" in help_result.stdout
        assert '"financial_connections.account"' in list_result.stdout
    else:
        missing = (
            2,
            "fincon requires: pip install 'path/to/financial-connections[cli]'\n",
        )
        assert [missing] * 2 == [
            (result.returncode, result.stderr) for result in results
        ]


def test_the_sandbox_serves_a_client_or_names_its_extra(installed):
    extra, run = installed
    result = run("python", "-c", LIST_ACCOUNTS)
    if "sandbox" in included_in(extra):
        assert (0, "") == (result.returncode, result.stderr)
        assert int(result.stdout) > 0
    else:
        assert "financial-connections[sandbox]" in result.stderr.splitlines()[-1]


def test_pandas_and_polars_read_the_tables(wheel, tmp_path):
    """They are not in the lock files, because they would need 300 MB."""
    python = tmp_path / "bin" / "python"
    subprocess.run([sys.executable, "-m", "venv", tmp_path], check=True)
    tools = [
        "hypothesis",
        "pandas",
        "polars",
        "pytest-asyncio",
        "pytest-timeout",
        "trio",
    ]
    install = [python, *PIP, "install", f"{wheel}[data,sandbox]", *tools]
    subprocess.run(install, check=True)
    result = subprocess.run(
        [python, "-m", "pytest", "-q", "tests/data/test_frames.py"],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
    )
    assert 0 == result.returncode, result.stdout
    assert "skipped" not in result.stdout
