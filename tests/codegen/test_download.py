"""Downloads of specifications, from a server on loopback."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from codegen import files
from tests.support.tiny_spec import spec


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        responses = {
            "/spec.json": (200, json.dumps(spec()).encode()),
            "/page.html": (
                200,
                b"<html><body>Sign in: you are not logged in</body></html>",
            ),
            "/gone.json": (404, b"{}"),
            "/short.json": (200, b'{"openapi":'),
        }
        if self.path == "/moved.json":
            self.send_response(302)
            self.send_header("Location", "/spec.json")
            self.end_headers()
            return
        status, content = responses[self.path.partition("?")[0]]
        self.send_response(status)
        self.send_header(
            "Content-Length",
            str(len(content) + (100 if self.path == "/short.json" else 0)),
        )
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def server():
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch):
    monkeypatch.setenv("no_proxy", "127.0.0.1")


@pytest.mark.parametrize("path", ["spec.json?token=secret", "moved.json"])
def test_an_upstream_can_be_downloaded(tree, server, path):
    tree.drop_overlays()
    result = tree.call("bump", f"http://{server}/{path}")
    assert 2 == result.returncode
    assert "+ operation spin_widget (additive)" in result.stdout.splitlines()
    source = (tree.root / "openapi" / "source.toml").read_text()
    assert f'name = "http://{server}/{path.partition("?")[0]}"\n' in source
    assert "secret" not in source
    by_file = tree.call("bump", tree.write("spec.json", spec()))
    assert "nothing changed\n" == by_file.stdout


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("gone.json", "/gone.json: Not Found"),
        ("page.html", "not an OpenAPI 3 document"),
        ("short.json", "/short.json: the download was cut off"),
    ],
)
def test_a_failed_download_is_reported_and_changes_no_file(tree, server, path, message):
    before = tree.files()
    result = tree.call("bump", f"http://{server}/{path}")
    assert 1 == result.returncode
    assert result.stderr.startswith("codegen: ")
    assert message in result.stderr
    assert 1 == len(result.stderr.splitlines())
    assert before == tree.files()


def test_a_download_that_is_too_large_is_rejected(tree, server, monkeypatch):
    monkeypatch.setattr(files, "MAX_BYTES", 1000)
    result = tree.call("bump", f"http://{server}/spec.json")
    assert (
        f"codegen: http://{server}/spec.json: larger than 1000 bytes\n" == result.stderr
    )
