"""API operations as methods, with one class for each group.

Generated code. Do not edit.
"""
