"""The options of `fincon` itself, which every command also accepts."""

from typing import Annotated

from financial_connections.cli.choices import OutputFormat
from financial_connections.cli.group import shared_option

Format = Annotated[
    OutputFormat | None,
    shared_option(
        "--output",
        "-o",
        metavar="FORMAT",
        help="Print results as table, json, jsonl (JSON Lines) or csv.",
    ),
]
Json = Annotated[bool | None, shared_option("--json", help="Short for --output jsonl.")]
Columns = Annotated[
    str | None,
    shared_option(
        metavar="A,B.C", help="Print only these fields; B.C is a field of an object."
    ),
]
Query = Annotated[
    str | None,
    shared_option(
        metavar="EXPRESSION", help="JMESPath expression to apply to the results."
    ),
]
Profile = Annotated[
    str | None,
    shared_option(
        metavar="NAME",
        help="Profile with the API key and other settings; overrides FINCON_PROFILE.",
    ),
]
UseSandbox = Annotated[
    bool | None,
    shared_option(
        "--sandbox",
        help="Use an embedded sandbox with made-up data; its changes last only if"
        " FINCON_SANDBOX_STATE names a file.",
    ),
]
APIKeyFile = Annotated[
    str | None,
    shared_option(
        metavar="FILE",
        help="File with the API key, or - for stdin; overrides STRIPE_API_KEY.",
    ),
]
BaseURL = Annotated[
    str | None,
    shared_option(
        metavar="URL",
        help="URL of the API; overrides FINCON_BASE_URL and STRIPE_BASE_URL.",
    ),
]
StripeAccount = Annotated[
    str | None,
    shared_option(
        metavar="ID", help="Connected account to make requests on behalf of."
    ),
]
Timeout = Annotated[
    float | None,
    shared_option(metavar="SECONDS", help="Timeout per attempt (default: 30)."),
]
MaxRetries = Annotated[
    int | None,
    shared_option(metavar="N", help="Maximum number of retries (default: 2)."),
]
Debug = Annotated[
    bool | None,
    shared_option("--debug", help="Log every attempt and the tracebacks of errors."),
]
