"""Finds the helper that set-up has built (`takan`, "native helper"), and lets Python call it and keep its lock.

The built file lies in the Python environment; its name has the hash of the sources, so one of other sources is never
loaded. cffi reads `fast.h` for the structures; the functions are called through ctypes, which keeps the interpreter's
lock: a call takes microseconds, and handing the lock over would cost more, and let others make the media wait. Only
`fast_wait`, in which the media node spends its time, gives it up.
"""

import ctypes
import hashlib
import os
import sys
from mmap import mmap
from pathlib import Path
from typing import Any, Final

from cffi import FFI

SOURCES: Final = ("fast.h", "forward.c", "h264.c")
_HERE: Final = Path(__file__).parent
_P, _I32, _U32, _I64, _F64, _BYTES = (
    ctypes.c_void_p,
    ctypes.c_int,
    ctypes.c_uint32,
    ctypes.c_int64,
    ctypes.c_double,
    ctypes.c_char_p,
)
_FUNCTIONS: Final[dict[str, tuple[Any, ...]]] = {  # result, arguments
    "fast_layout": (_I32,),
    "fast_place": (_I32, _P, _BYTES, _U32, _P),
    "fast_take": (_I32, _P, _P, _I64, _F64),
    "fast_wait": (_I32, _P, _P, _I32, _I32, _I64, _F64),
    "fast_reserve": (_U32, _P, _BYTES, _U32),
    "fast_flush": (None, _P),
    "fast_keep": (_I32, _P, _I64, ctypes.c_uint8, _U32, _BYTES, _U32),
    "fast_find": (_I64, _P, _I64),
    "fast_log": (_I32, _P, _I64, _BYTES, _U32),
    "fast_push": (_I32, _P, _U32, _I32, _P, _U32, _I64),
    "fast_walk": (_I32, _P, _P, _P, _U32),
    "fast_clear": (None, _P),
    "fast_free": (None, _P),
}

ffi: Any = FFI()
ffi.cdef((_HERE / "fast.h").read_text())


class Library:
    """The helper's functions by their names in `fast.h`; structures are given to them by address (`address`)."""

    def __init__(self, path: Path) -> None:
        """Raises `OSError` when it cannot be loaded, or was built for another layout."""
        held = ctypes.PyDLL(str(path))
        for name, (result, *arguments) in _FUNCTIONS.items():
            kind = ctypes.CFUNCTYPE if name == "fast_wait" else ctypes.PYFUNCTYPE
            prototype = kind(result, *arguments)
            setattr(self, name, prototype((name, held)))
        layout = 0
        for name in ("outbox", "inbox", "source", "track", "peer", "outlet", "board", "unit", "walk"):
            layout = (layout * 31 + ffi.sizeof(f"struct fast_{name}")) & 0xFFFFFF
        if self.fast_layout() != layout:
            raise OSError("the native helper has another layout")

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(name)


def address(structure: Any) -> int:
    """Where a structure of `ffi` lies."""
    return int(ffi.cast("uintptr_t", structure))


def memory(kind: str, count: int) -> Any:
    """An array of zeros that takes memory only where it is written to."""
    return ffi.from_buffer(f"{kind}[]", mmap(-1, count * ffi.sizeof(kind)))


def built() -> Path:
    """Where set-up puts the helper that belongs to these sources."""
    sources = hashlib.sha256(b"\0".join((_HERE / name).read_bytes() for name in SOURCES)).hexdigest()
    return Path(sys.prefix) / "native" / f"takan-{sources[:16]}.so"


def _load() -> tuple[Library | None, str]:
    if os.environ.get("TAKAN_NATIVE", "on") == "off":
        return None, "off"
    path = Path(os.environ.get("TAKAN_NATIVE_FILE") or built())
    if not path.exists():
        return None, "not built"
    try:
        return Library(path), "on"
    except (OSError, AttributeError):
        return None, "unusable"


library: Library | None
library, why = _load()
