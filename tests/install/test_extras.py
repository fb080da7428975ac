"""The wheel in fresh virtual environments, with each extra alone, as pip installs it
today.
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
    "httpx2",
    "otel",
    "parquet",
    "postgres",
    "redis",
    "sandbox",
]
BRINGS = {"cli": {"cli", "sandbox"}, "parquet": {"cli", "parquet", "sandbox"}}
"""What an extra brings besides itself."""

PIP = ["-m", "pip", "--disable-pip-version-check", "--quiet"]
LISTED = """
import anyio
from financial_connections import AsyncClient
from financial_connections.sandbox import Sandbox, serve

async def main():
    sandbox = Sandbox.demo()
    async with serve(sandbox) as server, AsyncClient(sandbox.api_key, base_url=server.url) as client:
        print(len(await client.accounts.list().collect(max_items=100)))

anyio.run(main)
"""


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


@pytest.fixture(scope="module", params=EXTRAS, ids=lambda extra: extra or "none")
def installed(request, wheel, tmp_path_factory):
    """An extra, and a function that runs a program of the environment with that extra
    alone.
    """
    folder = tmp_path_factory.mktemp(request.param or "none")
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)

    def run(program, *args):
        return subprocess.run(
            [folder / "bin" / program, *args],
            capture_output=True,
            text=True,
            check=False,
            cwd=folder,
        )

    wanted = f"{wheel}[{request.param}]" if request.param else str(wheel)
    done = run("python", *PIP, "install", wanted)
    assert 0 == done.returncode, done.stderr
    return request.param, run


def brought_by(extra):
    return BRINGS.get(extra, {extra})


def test_what_it_needs_is_there_and_fits(installed):
    _, run = installed
    done = run("python", *PIP, "check")
    assert 0 == done.returncode, done.stdout


@pytest.mark.parametrize(
    "module",
    [
        "",
        ".models",
        ".params",
        ".errors",
        ".events",
        ".sync",
        ".webhooks",
        ".pagination",
    ],
)
def test_the_package_imports(installed, module):
    _, run = installed
    done = run(
        "python", "-W", "error", "-c", f"from financial_connections{module} import *"
    )
    assert (0, "") == (done.returncode, done.stderr)


@pytest.mark.parametrize(
    ("module", "needed"), [("sandbox", "sandbox"), ("otel", "otel")]
)
def test_a_module_of_an_extra_imports_or_names_the_extra(installed, module, needed):
    extra, run = installed
    done = run("python", "-W", "error", "-c", f"import financial_connections.{module}")
    if needed in brought_by(extra):
        assert (0, "") == (done.returncode, done.stderr)
    else:
        assert (
            f"pip install 'financial-connections[{needed}]'"
            in done.stderr.splitlines()[-1]
        )


def test_the_aiohttp_transport_works_or_names_the_extra(installed):
    extra, run = installed
    done = run(
        "python",
        "-c",
        "from financial_connections import *; AsyncClient('sk_test_1', transport='aiohttp')",
    )
    assert ("aiohttp" == extra) is (0 == done.returncode)
    assert (
        "aiohttp" == extra
    ) or "financial-connections[aiohttp]" in done.stderr.splitlines()[-1]


@pytest.mark.parametrize(
    ("store", "needed"),
    [
        ("RedisEventStore('redis://127.0.0.1:9')", "redis"),
        ("PostgresEventStore('postgresql://127.0.0.1:9')", "postgres"),
    ],
)
def test_an_event_store_is_made_or_names_the_extra(installed, store, needed):
    extra, run = installed
    done = run("python", "-c", f"from financial_connections.webhooks import *; {store}")
    assert (needed == extra) is (0 == done.returncode), done.stderr
    assert (
        needed == extra
    ) or f"financial-connections[{needed}]" in done.stderr.splitlines()[-1]


def test_fincon_reads_a_sandbox_of_its_own_or_names_the_extra(installed):
    extra, run = installed
    told, listed = (
        run("fincon", "--help"),
        run("fincon", "--sandbox", "accounts", "list"),
    )
    if "cli" in brought_by(extra):
        assert [(0, "")] * 2 == [
            (done.returncode, done.stderr) for done in (told, listed)
        ]
        assert "transactions" in told.stdout
        assert '"financial_connections.account"' in listed.stdout
    else:
        missing = (2, "fincon requires: pip install 'financial-connections[cli]'\n")
        assert [missing] * 2 == [
            (done.returncode, done.stderr) for done in (told, listed)
        ]


def test_the_sandbox_answers_a_client_or_names_the_extra(installed):
    extra, run = installed
    done = run("python", "-c", LISTED)
    if "sandbox" in brought_by(extra):
        assert (0, "") == (done.returncode, done.stderr)
        assert int(done.stdout) > 0
    else:
        assert "financial-connections[sandbox]" in done.stderr.splitlines()[-1]
