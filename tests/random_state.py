"""The state of the global generators, which nothing but a model may change."""

import random

import numpy as np


def global_state():
    """Return all of it: the keys alone do not move with the first 624 numbers drawn."""
    name, keys, *rest = np.random.get_state()  # noqa: NPY002
    return random.getstate(), name, keys.tobytes(), *rest
