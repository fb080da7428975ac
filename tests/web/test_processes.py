"""The web application as a process: settings, logs, and a graceful end."""

import json
import os
import signal
import socket
import subprocess
import sys
from contextlib import closing, contextmanager
from pathlib import Path

import httpx
import pytest

from financial_connections.sandbox import Sandbox, serve
from tests.support import web

ROOT = Path(__file__).parents[2]


@contextmanager
def process(module, **settings):
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("STRIPE_")
    } | settings
    with subprocess.Popen(
        [sys.executable, "-m", module],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as running:
        try:
            yield running
        finally:
            running.kill()


def free_port():
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        return str(listener.getsockname()[1])


def test_the_application_logs_json_and_ends_on_sigterm(database_url):
    sandbox, port = Sandbox(), free_port()
    with (
        serve(sandbox) as server,
        process(
            "examples.web",
            PORT=port,
            DATABASE_URL=database_url,
            SESSION_SECRET="s" * 32,
            STRIPE_API_KEY=sandbox.api_key,
            STRIPE_BASE_URL=server.url,
            STRIPE_PUBLISHABLE_KEY="pk_test_1",
            STRIPE_WEBHOOK_SECRET=web.SECRET,
        ) as application,
    ):
        lines = []
        while not lines or "Uvicorn running" not in lines[-1]["message"]:
            lines.append(json.loads(application.stderr.readline()))
        healthy = httpx.get(f"http://127.0.0.1:{port}/healthz", trust_env=False)
        assert {"status": "ok", "pending_events": 0} == healthy.json()
        application.send_signal(signal.SIGTERM)
        _, errors = application.communicate(timeout=50)
    lines += map(json.loads, errors.splitlines())
    assert -signal.SIGTERM == application.returncode
    assert "Application shutdown complete." in [line["message"] for line in lines]
    assert {"info"} == {line["level"] for line in lines}


def test_a_missing_setting_ends_the_application_with_status_2():
    with process("examples.web") as application:
        _, errors = application.communicate(timeout=50)
    assert (2, "SESSION_SECRET is not set\n") == (application.returncode, errors)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_demonstration_starts_everything_and_stops_it(number, tmp_path):
    with process("examples.web.demo", PORT="0", TMPDIR=str(tmp_path)) as demo:
        line = ""
        while "Open" not in line:
            line = demo.stdout.readline()
        url = line.split()[1]
        while "Ctrl-C" not in line:
            line = demo.stdout.readline()
        # The socket listens before the server accepts connections.
        page = httpx.get(url, trust_env=False, timeout=50)
        assert "/_sandbox/stripe.js" in page.text
        demo.send_signal(number)
        _, errors = demo.communicate(timeout=50)
    assert ("", []) == (errors, list(tmp_path.iterdir()))
