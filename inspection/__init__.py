"""What the office decides.

The standard library and `cryptography` only; no I/O, no clock; time and identifiers are arguments.
"""
