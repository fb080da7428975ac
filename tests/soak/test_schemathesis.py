"""The sandbox's responses to requests generated from the contract by schemathesis."""

from pathlib import Path

import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from financial_connections.sandbox import Sandbox
from financial_connections.sandbox.http.app import application

CONTRACT = Path(__file__).parents[2] / "openapi" / "financial_connections.yaml"
CHECKS = [
    not_a_server_error,
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
]

schema = schemathesis.openapi.from_path(CONTRACT)
sandbox = Sandbox.demo()
APP = application(sandbox)
ACCOUNT = sandbox.accounts[-1]


@schema.parametrize()
@settings(max_examples=50, deadline=None, suppress_health_check=list(HealthCheck))
def test_every_response_matches_the_contract(case):
    headers = {"Authorization": f"Bearer {sandbox.api_key}"}
    case.call_and_validate(
        base_url="http://sandbox", app=APP, headers=headers, checks=CHECKS
    )


@schema.parametrize()
@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
def test_every_response_about_an_existing_account_matches_the_contract(case):
    if "account" in case.path_parameters:
        case.path_parameters["account"] = ACCOUNT
    headers = {"Authorization": f"Bearer {sandbox.api_key}"}
    case.call_and_validate(
        base_url="http://sandbox", app=APP, headers=headers, checks=CHECKS
    )
