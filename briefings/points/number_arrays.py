"""NumPy, where the extra `points` is installed. Without it, Python itself compares wordings."""

from __future__ import annotations

try:
    import numpy as np
except ImportError:
    np = None  # type: ignore[assignment]

__all__ = ["HAS_NUMPY", "np"]

HAS_NUMPY: bool = bool(np)
