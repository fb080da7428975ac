"""Photograph the web application for the documentation: web.png and link.png.

`python docs/web.py` needs Chromium. It is not part of `make docs`, because the pictures
have the dates of the day.
"""
# ruff: noqa: INP001 - docs is not a package

import shutil
import socket
import tempfile
import threading
from collections.abc import Generator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import uvicorn
from playwright.sync_api import Page, sync_playwright

from examples.web.app import create_app
from examples.web.sandbox import new_sandbox
from examples.web.settings import Settings
from financial_connections import AsyncClient
from financial_connections.sandbox import serve

FOLDER = Path(__file__).parent
SECRET = "whsec_" + "x" * 32


@contextmanager
def running_application() -> Generator[str, None, None]:
    """Serve the application with a sandbox in the block, and yield its URL."""
    with tempfile.TemporaryDirectory() as folder:
        listener = socket.create_server(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        sandbox = new_sandbox(f"{url}/stripe", SECRET)
        with serve(sandbox) as server:
            settings = Settings(
                webhook_secrets=[SECRET],
                session_secret=SECRET,
                publishable_key="pk_test_sandbox",
                stripe_js=f"{server.url}/_sandbox/stripe.js",
                database_url=f"sqlite:///{folder}/web.db",
            )
            client = partial(AsyncClient, sandbox.api_key, base_url=server.url)
            app = create_app(settings, client)
            config = uvicorn.Config(app, log_config=None, timeout_graceful_shutdown=1)
            web_server = uvicorn.Server(config)
            thread = threading.Thread(target=web_server.run, args=([listener],))
            thread.start()
            try:
                yield url
            finally:
                web_server.should_exit = True
                thread.join()


def photograph(page: Page) -> None:
    """Go through the flow, and take both pictures."""
    page.get_by_label("Email").fill("ada@example.com")
    page.get_by_label("Password").fill("correct horse")
    page.get_by_role("button", name="Create account").click()
    page.get_by_role("button", name="Link a bank account").click()
    frame = page.frame_locator("iframe")
    frame.get_by_label("Sandcastle Savings").check()
    page.screenshot(path=FOLDER / "link.png")
    frame.get_by_role("button", name="Continue").click()
    frame.get_by_label("Rainy Day Savings").check()
    frame.get_by_role("button", name="Agree and connect").click()
    frame.get_by_role("button", name="Done").click()
    page.get_by_text("up to date").nth(1).wait_for()
    page.locator("#transactions li").first.wait_for()
    page.screenshot(path=FOLDER / "web.png")


def main() -> None:
    """Write the pictures."""
    with running_application() as url, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        page = browser.new_page(viewport={"width": 960, "height": 720})
        page.goto(url)
        photograph(page)
        browser.close()


if __name__ == "__main__":
    main()
