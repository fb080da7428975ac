"""Lossless models, and the decoding of JSON into them."""

from financial_connections._decoding.decode import decode
from financial_connections._decoding.enum import OpenEnum
from financial_connections._decoding.json import ContentError, parse_json
from financial_connections._decoding.model import (
    REQUIRED,
    Model,
    ModelT,
    restore_model,
)

__all__ = [
    "ContentError",
    "Model",
    "ModelT",
    "OpenEnum",
    "REQUIRED",
    "decode",
    "parse_json",
    "restore_model",
]
