"""Decode samples, copy models, and draw JSON values."""

import copy
import json
import pickle

from hypothesis import strategies as st

from financial_connections._decoding import decode
from financial_connections.models import (
    Account,
    AccountList,
    AccountOwner,
    AccountOwnerList,
    AccountOwnership,
    ErrorResponse,
    Session,
    Transaction,
    TransactionList,
)
from tests.support.samples import (
    ACCOUNT,
    DISCONNECTED_ACCOUNT,
    ERROR,
    FULL_ACCOUNT,
    OWNER,
    OWNER_LIST,
    OWNERSHIP,
    REFRESHED_ACCOUNT,
    SESSION,
    SUBSCRIBED_ACCOUNT,
    TRANSACTION,
    list_of,
)

EXAMPLES = [
    (Account, ACCOUNT),
    (Account, REFRESHED_ACCOUNT),
    (Account, SUBSCRIBED_ACCOUNT),
    (Account, DISCONNECTED_ACCOUNT),
    (Account, FULL_ACCOUNT),
    (AccountOwner, OWNER),
    (AccountOwnership, OWNERSHIP),
    (AccountOwnerList, OWNER_LIST),
    (AccountList, list_of(ACCOUNT, FULL_ACCOUNT)),
    (Session, SESSION),
    (Transaction, TRANSACTION),
    (TransactionList, list_of(TRANSACTION)),
    (ErrorResponse, ERROR),
]
"""Model classes, each with a sample object."""


def decode_json(cls, value, request_id="req_1", **options):
    """Decode a model from bytes, or from a value converted to JSON."""
    content = value if isinstance(value, bytes) else json.dumps(value).encode()
    return decode(cls, content, request_id, **options)


def copies_of(model):
    """Return a model and copies of it made in three ways."""
    return [
        model,
        pickle.loads(pickle.dumps(model)),
        copy.copy(model),
        copy.deepcopy(model),
    ]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda values: (
        st.lists(values, max_size=3) | st.dictionaries(st.text(), values, max_size=3)
    ),
    max_leaves=8,
)
