"""The compiled helper, optional: what is done for every packet, in C. Its law: Python has the same rule, and a test
compares the two; all memory is Python's; without it everything works, only slower.

`library` is None without it: no compiler at set-up, another machine, or `TAKAN_NATIVE=off`. `why` says so in a word.
"""

from media.native.library import ffi, library, why

__all__ = ["ffi", "library", "why"]
