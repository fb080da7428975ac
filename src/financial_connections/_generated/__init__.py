"""Models and operations generated from the contract.

Generated code. Do not edit.
"""

API_VERSION = "2026-10-28.endive"
