"""The Dockerfile and the compose file, as far as they can be checked without Docker."""

import re
from pathlib import Path

import pytest
import yaml

from examples.web.settings import Settings

ROOT = Path(__file__).parents[2]
WEB = ROOT / "examples/web"
DOCKERFILE = (WEB / "Dockerfile").read_text()
COMPOSE = yaml.safe_load((WEB / "compose.yaml").read_text())
INSTRUCTIONS = re.findall(r"^([A-Z]+) (.+)$", DOCKERFILE, re.MULTILINE)


def test_the_dockerfile_has_only_known_instructions():
    assert [
        "FROM",
        "ENV",
        "WORKDIR",
        "COPY",
        "RUN",
        "COPY",
        "COPY",
        "COPY",
        "COPY",
        "RUN",
        "USER",
        "EXPOSE",
        "HEALTHCHECK",
        "CMD",
    ] == [name for name, _ in INSTRUCTIONS]


def test_exactly_the_files_that_the_dockerfile_copies_are_sent_to_the_builder():
    copied = [text.split()[0] for name, text in INSTRUCTIONS if name == "COPY"]
    lines = (WEB / "Dockerfile.dockerignore").read_text().splitlines()
    sent = [line.removeprefix("!") for line in lines if line.startswith("!")]
    assert "*" in lines
    assert copied == sent
    assert all((ROOT / source).exists() for source in copied)


def test_the_image_installs_locked_packages_and_does_not_run_as_root():
    assert "--no-deps --require-hashes --requirement web.txt" in DOCKERFILE
    assert "USER app" in DOCKERFILE


def test_the_services_are_built_from_this_dockerfile():
    for name in ("app", "sandbox"):
        build = COMPOSE["services"][name]["build"]
        assert ROOT == (WEB / build["context"]).resolve()
        assert WEB / "Dockerfile" == ROOT / build["dockerfile"]


def test_a_service_depends_only_on_services_with_a_health_check():
    services = COMPOSE["services"]
    for service in services.values():
        for name, condition in service.get("depends_on", {}).items():
            assert {"condition": "service_healthy"} == condition
            assert name == "database" or "healthcheck" in services[name]
    assert "healthcheck" in services["database"]


def test_ports_are_published_only_on_this_machine():
    published = [
        port
        for service in COMPOSE["services"].values()
        for port in service.get("ports", ())
    ]
    assert published
    assert all(port.startswith("127.0.0.1:") for port in published)


def test_the_services_agree_on_their_settings(monkeypatch):
    app, sandbox = (
        COMPOSE["services"][name]["environment"] for name in ("app", "sandbox")
    )
    default = re.fullmatch(r"\$\{SESSION_SECRET:-(.+)\}", app["SESSION_SECRET"])
    settings = Settings.from_environment(app | {"SESSION_SECRET": default[1]})
    assert [sandbox["STRIPE_WEBHOOK_SECRET"]] == settings.webhook_secrets
    assert "http://app:8000/stripe" == sandbox["WEBHOOK_URL"]
    assert app["STRIPE_JS_URL"].startswith("http://localhost:12111/_sandbox/")
    assert settings.database_url.startswith("postgresql://postgres:")


@pytest.mark.parametrize("path", sorted(WEB.glob("*.py")), ids=lambda path: path.name)
def test_the_files_of_the_example_are_short(path):
    assert len(path.read_text().splitlines()) < 200
