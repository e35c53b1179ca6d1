"""Owns how functions of the kernel are compiled: once for each machine, bounds checked, no reordered
arithmetic.

Without `fastmath` the compiled function rounds as the same function does uncompiled (NUMBA_DISABLE_JIT=1).
"""

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba
import numpy as np
from numpy.typing import NDArray

Function = TypeVar("Function", bound=Callable[..., Any])

I64 = NDArray[np.int64]
I32 = NDArray[np.int32]
U32 = NDArray[np.uint32]
U16 = NDArray[np.uint16]
U8 = NDArray[np.uint8]
F64 = NDArray[np.float64]


def jit(function: Function) -> Function:
    """The same function, compiled when it is first called; plain arrays, numbers and named tuples go in."""
    return cast("Function", numba.njit(cache=True, boundscheck=True, nogil=True)(function))


@jit
def i64(value: Any) -> int:
    """A whole number of 64 bits: narrow and unsigned ones would wrap."""
    return np.int64(value)  # type: ignore[return-value] # it is one, compiled or not
