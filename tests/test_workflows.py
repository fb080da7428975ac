"""CI workflows, which may only run targets of the Makefile."""

import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[1]
MAKEFILE = (ROOT / "Makefile").read_text()
TARGETS = set(re.findall(r"^([a-z-]+):", MAKEFILE, re.MULTILINE))
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
# Targets that run tests; `check` includes the documentation's targets.
TESTS = {"check", "coverage", "extras", "lowest", "soak", "test", "test-fleet"}
WORKFLOWS = {
    path.name: yaml.safe_load(path.read_text())
    for path in sorted((ROOT / ".github/workflows").glob("*.yml"))
}


def jobs(workflow):
    return WORKFLOWS[workflow]["jobs"]


def targets_of(command, job):
    """Return the targets that a job's command makes: one for each matrix entry."""
    command = command.removesuffix(' "TAG=$TAG"')
    if command == "make ${{ matrix.target }}":
        return job["strategy"]["matrix"]["target"]
    [target] = re.findall(r"^make ([a-z-]+)$", command)
    return [target]


def targets(workflow):
    return {
        target
        for job in jobs(workflow).values()
        for step in job["steps"]
        if "run" in step
        for target in targets_of(step["run"], job)
    }


def test_there_are_workflows_for_tests_documentation_and_releases():
    assert {"ci.yml", "docs.yml", "release.yml"} == WORKFLOWS.keys()


@pytest.mark.parametrize("workflow", WORKFLOWS)
def test_a_workflow_runs_only_makefile_targets(workflow):
    assert targets(workflow) <= TARGETS
    assert targets(workflow)


@pytest.mark.parametrize("workflow", WORKFLOWS)
def test_a_workflow_may_only_read_the_repository(workflow):
    assert {"contents": "read"} == WORKFLOWS[workflow]["permissions"]
    for job in jobs(workflow).values():
        assert "contents" not in job.get("permissions", {})


@pytest.mark.parametrize("workflow", WORKFLOWS)
def test_every_job_has_a_time_limit(workflow):
    assert all("timeout-minutes" in job for job in jobs(workflow).values())


def test_only_a_job_that_runs_none_of_our_code_may_publish():
    publishing = [job for job in jobs("release.yml").values() if "permissions" in job]
    assert [["id-token"]] == [list(job["permissions"]) for job in publishing]
    assert not any("run" in step for job in publishing for step in job["steps"])


def test_ci_runs_every_test_target():
    assert targets("ci.yml") >= TESTS


def test_the_local_ci_script_runs_every_test_target():
    script = (ROOT / ".ci/run").read_text()
    assert TESTS == set(re.findall(r"^make ([a-z-]+)$", script, re.MULTILINE))


def test_ci_tests_every_supported_python_version():
    matrix = jobs("ci.yml")["test"]["strategy"]["matrix"]
    classified = [
        classifier.rpartition(" ")[2]
        for classifier in PROJECT["classifiers"]
        if re.fullmatch(r"Programming Language :: Python :: 3\.\d+", classifier)
    ]
    assert matrix["python"] == classified
    assert PROJECT["requires-python"] == f">={classified[0]}"


def test_every_makefile_target_is_described_and_phony():
    described = set(re.findall(r"^([a-z-]+):[^#\n]*## \S", MAKEFILE, re.MULTILINE))
    [phony] = re.findall(r"^\.PHONY: ((?:.*\\\n)*.*)", MAKEFILE, re.MULTILINE)
    assert TARGETS == described == set(phony.replace("\\", "").split())


def locked(name):
    """Return the packages in a lock file, without their extras."""
    text = (ROOT / "requirements" / f"{name}.txt").read_text()
    return {
        f"{package}=={version}"
        for package, version in re.findall(
            r"^([\w.-]+)(?:\[.*\])?==(\S+)", text, re.MULTILINE
        )
    }


@pytest.mark.parametrize("name", ["demo", "test", "web"])
def test_an_environment_has_some_of_the_packages_for_development(name):
    assert set() < locked(name) < locked("dev")


@pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")
@pytest.mark.parametrize("target", ["setup", "demo", "web", "test", "lowest"])
@pytest.mark.parametrize("uv", ["", "/opt/uv"])
def test_every_environment_is_installed_from_hashes_by_uv_or_pip(tmp_path, target, uv):
    result = subprocess.run(
        ["make", "--dry-run", target, f"UV={uv}", f"ENVS={tmp_path}"],
        cwd=ROOT,
        capture_output=True,
        check=True,
        text=True,
    )
    installs = [line for line in result.stdout.splitlines() if " install " in line]
    assert any("-r requirements/" in line for line in installs)
    for line in installs:
        assert line.startswith(f"{uv} pip install" if uv else f"{tmp_path}/")
        assert ("--python" in line) == bool(uv)
        assert "--no-deps" in line
        assert "--require-hashes -r" in line or line.endswith("-e .")


@pytest.mark.parametrize("variable", ["SLOW", "LONGER", "NEWEST_ONLY"])
def test_the_tests_that_the_makefile_leaves_out_exist(variable):
    [value] = re.findall(rf"^{variable} := ((?:.*\\\n)*.*)", MAKEFILE, re.MULTILINE)
    paths = value.replace("\\", "").split()
    assert paths
    assert [] == [path for path in paths if not (ROOT / "tests" / path).exists()]
