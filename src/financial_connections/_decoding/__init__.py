"""Lossless models, and the decoding of JSON into them."""

from financial_connections._decoding.decode import decode
from financial_connections._decoding.json import ContentError, parse_json
from financial_connections._decoding.model import Model, ModelT, OpenEnum, restore_model

__all__ = [
    "ContentError",
    "Model",
    "ModelT",
    "OpenEnum",
    "decode",
    "parse_json",
    "restore_model",
]
