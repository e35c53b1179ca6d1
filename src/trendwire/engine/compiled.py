"""Owns how functions of the kernel are compiled: once for each machine, bounds checked, no reordered
arithmetic.

Without `fastmath` the compiled function rounds as the same function does uncompiled (NUMBA_DISABLE_JIT=1).
Compiled functions are kept in a folder that is named by the sources of all of them: Numba itself looks at
the file of each function alone, and would go on with what another file said before.
"""

import hashlib
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, Literal, TypeVar, cast

import numba
import numpy as np
from numpy.typing import NDArray
from platformdirs import user_cache_path

Function = TypeVar("Function", bound=Callable[..., Any])

I64 = NDArray[np.int64]
I32 = NDArray[np.int32]
U32 = NDArray[np.uint32]
U8 = NDArray[np.uint8]
F64 = NDArray[np.float64]

_HERE = Path(__file__).parent
_PREFIX = "kernel-"
_MAKERS = frozenset({"append", "copy", "empty", "full", "zeros"})
"""What a compiled function makes arrays with."""


def stamp() -> str:
    """Of the sources that compiled code is made from: modules with compiled functions, and the vocabulary."""
    digest = hashlib.sha256(numba.__version__.encode())
    for path in sorted([*_HERE.glob("*.py"), *(_HERE.parent / "domain").glob("*.py")]):
        source = path.read_bytes()
        if path.parent != _HERE or b"@jit" in source:
            digest.update(b"%s %d\n" % (path.name.encode(), len(source)) + source)
    return digest.hexdigest()[:16]


def cache_folder() -> Path | None:
    """Where compiled functions are kept: the first place that can be written to; None where none can."""
    given = os.environ.get("NUMBA_CACHE_DIR")
    places = [Path(given)] if given else [_HERE / "__pycache__", user_cache_path("trendwire")]
    return next((folder for place in places if (folder := _made(place, _PREFIX + stamp()))), None)


def _made(place: Path, name: str) -> Path | None:
    """The folder, instead of those of other sources."""
    folder = place / name
    try:
        if not folder.is_dir():
            folder.mkdir(parents=True)
            for other in place.glob(f"{_PREFIX}*"):
                if other != folder:
                    shutil.rmtree(other, ignore_errors=True)
    except OSError:
        return None
    return folder if os.access(folder, os.W_OK) else None


FOLDER = cache_folder()
"""Where this process keeps compiled functions, if anywhere."""

_CONFIG: Any = numba.config
UNCOMPILED = bool(_CONFIG.DISABLE_JIT)


@contextmanager
def _kept_in(folder: Path | None) -> Iterator[None]:
    """Numba looks where to keep a function when it is decorated."""
    config: Any = numba.config
    before, config.CACHE_DIR = config.CACHE_DIR, str(folder or "")
    try:
        yield
    finally:
        config.CACHE_DIR = before


def jit(function: Function, inline: Literal["never", "always"] = "never") -> Function:
    """The same function, compiled when it is first called; plain arrays, numbers and named tuples go in.

    References to arrays are counted only in a function that makes some: whoever calls one holds what it is
    given, and counting takes ten times as long as what most loops do.
    """
    options: Any = {"boundscheck": True, "nogil": True, "inline": inline, "_nrt": _makes_arrays(function)}
    with _kept_in(FOLDER):
        made: Any = numba.njit(cache=FOLDER is not None, **options)(function)
    if hasattr(made, "get_call_template"):  # not where functions stay uncompiled
        made.get_call_template = partial(_with_plain_numbers, made.get_call_template)
    return cast("Function", made)


def _makes_arrays(function: Callable[..., Any]) -> bool:
    return not _MAKERS.isdisjoint(function.__code__.co_names)


def _with_plain_numbers(template: Callable[..., Any], args: Any, kws: Any) -> Any:
    """How one compiled function calls another: every whole number in 64 bits, be it a constant or narrower.

    Else Numba compiles a function again for each constant and each width that it is called with.
    """
    return template(tuple(map(_plain, args)), {name: _plain(kind) for name, kind in kws.items()})


def _plain(kind: Any) -> Any:
    types: Any = numba.types
    given = types.unliteral(kind)
    is_narrow = isinstance(given, types.Integer) and given.bitwidth < 64
    return types.int64 if is_narrow else given


def inlined(function: Function) -> Function:
    """The same, as a part of each function that calls it: a call counts the references to every array that
    goes in, which takes longer than a short function.
    """
    return jit(function, "always")


@jit
def i64(value: Any) -> int:
    """A whole number of 64 bits: narrow and unsigned ones would wrap."""
    return np.int64(value)  # type: ignore[return-value] # it is one, compiled or not
