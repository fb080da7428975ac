"""Modules that importing the package loads, and modules that it defers."""

import subprocess
import sys

import financial_connections

HEAVY = {
    "httpcore",
    "httpx",
    "jinja2",
    "openapi_python_client",
    "pydantic",
    "pydantic_core",
    "pytest",
    "rich",
    "starlette",
    "uvicorn",
    "yaml",
}


def modules_loaded_by(program):
    program += "; import sys; print(*sys.modules)"
    process = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    return set(process.stdout.split())


def test_importing_the_package_loads_no_heavy_module():
    loaded = modules_loaded_by("import financial_connections")
    assert not loaded & HEAVY
    assert "financial_connections.sandbox" not in loaded


def test_pydantic_is_not_loaded():
    loaded = modules_loaded_by(
        "from financial_connections import *; "
        "from financial_connections.models import *; "
        "from financial_connections.webhooks import *; "
        "Account.from_dict({'status': 'new'}).to_dict(), AccountStatus('new'), Page"
    )
    assert not {name for name in loaded if name.startswith("pydantic")}
    assert "financial_connections._decoding.pydantic" not in loaded


def test_creating_a_client_does_not_load_httpx():
    loaded = modules_loaded_by(
        "import financial_connections as f; f.AsyncClient('sk_test_1').accounts.list()"
    )
    assert not loaded & {"httpx", "httpcore"}


def test_a_call_loads_only_what_it_needs():
    loaded = modules_loaded_by(
        "import anyio, httpx, financial_connections as f\n"
        "respond = lambda _: httpx.Response(200, json={})\n"
        "http = httpx.AsyncClient(transport=httpx.MockTransport(respond))\n"
        "client = f.AsyncClient('sk_test_1', http_client=http)\n"
        "anyio.run(client.accounts.retrieve, 'fca_1')"
    )
    loaded = {
        name.removeprefix("financial_connections.")
        for name in loaded
        if name.startswith("financial_connections.")
    }
    deferred = {
        "_generated.models.session",
        "_generated.models.transaction",
        "_concurrency",
        "_many",
        "_refresh.wait",
        "data",
        "events",
        "middleware",
        "pagination",
        "sync",
        "webhooks",
    }
    assert "_generated.models.account" in loaded
    assert not loaded & deferred


def test_listing_transactions_does_not_load_syncs():
    loaded = modules_loaded_by(
        "import financial_connections as f; "
        "f.AsyncClient('sk_test_1').transactions.list(account='fca_1')"
    )
    assert "financial_connections.transactions" in loaded
    assert not loaded & {"financial_connections._many", "financial_connections.sync"}


def test_aiohttp_needs_no_httpx():
    loaded = modules_loaded_by(
        "import anyio, financial_connections as f\n"
        "async def call():\n"
        "    url = 'https://127.0.0.1:1'\n"
        "    client = f.AsyncClient(\n"
        "        'sk_test_1', base_url=url, transport='aiohttp', max_retries=0\n"
        "    )\n"
        "    try: await client.accounts.retrieve('fca_1')\n"
        "    except f.APIConnectionError: pass\n"
        "anyio.run(call)"
    )
    assert "aiohttp" in loaded
    assert not loaded & {"httpcore", "httpx"}


def test_showing_the_version_does_not_load_typer():
    loaded = modules_loaded_by(
        "from financial_connections.cli import main; main(['--version'])"
    )
    assert "financial_connections.cli.output" in loaded
    assert not loaded & {"jmespath", "msgspec", "rich", "typer"}


def test_receiving_webhooks_does_not_load_the_operations_on_events():
    loaded = modules_loaded_by("from financial_connections import webhooks")
    assert "financial_connections.webhooks.events" in loaded
    assert "financial_connections.webhooks.history" not in loaded


def test_submodules_are_attributes_of_the_package():
    modules_loaded_by(
        "import financial_connections as f; "
        "f.accounts.Accounts, f.pagination.Pager, f.errors, dir(f)"
    )
    names = dir(financial_connections)
    assert len(set(names)) == len(names)


def test_dir_lists_public_names_and_submodules_only():
    names = set(dir(financial_connections))
    assert {"AsyncClient", "accounts", "show", "sync", "webhooks"} <= names
    assert not names & {"TYPE_CHECKING", "import_module"}
    assert not [name for name in names if name[0] == "_" and not name.startswith("__")]
    modules_loaded_by(
        "import financial_connections as f; [getattr(f, name) for name in dir(f)]"
    )
