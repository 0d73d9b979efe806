"""Types of arrays, for annotations: their shapes stand in the docstrings."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np

__all__ = ["Array", "BoolArray", "FloatArray", "IntArray"]

Array: TypeAlias = np.ndarray[Any, Any]
BoolArray: TypeAlias = np.ndarray[Any, np.dtype[np.bool_]]
FloatArray: TypeAlias = np.ndarray[Any, np.dtype[np.float64]]
IntArray: TypeAlias = np.ndarray[Any, np.dtype[np.int64]]
