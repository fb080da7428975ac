"""Lossless models, and the decoding of JSON into them."""

from financial_connections._decoding.charset import to_utf8
from financial_connections._decoding.decode import decode
from financial_connections._decoding.enum import OpenEnum
from financial_connections._decoding.json import (
    ContentError,
    parse_json,
    split_array,
    split_object,
    to_strict,
    write_json,
)
from financial_connections._decoding.model import (
    REQUIRED,
    Model,
    ModelT,
    restore_model,
)
from financial_connections._decoding.representation import show
from financial_connections._decoding.shape import shape_of
from financial_connections._decoding.variants import register_variants

__all__ = [
    "ContentError",
    "Model",
    "ModelT",
    "OpenEnum",
    "REQUIRED",
    "decode",
    "parse_json",
    "register_variants",
    "restore_model",
    "shape_of",
    "show",
    "split_array",
    "split_object",
    "to_strict",
    "to_utf8",
    "write_json",
]
