"""Models for studies that are interrupted: importable by workers and by other processes."""

import os
import time

from tests import models


def slow_noisy(a, b, rng):
    """Return two outputs, of which one is text, after a few milliseconds."""
    time.sleep(0.004)
    return {"y": a + b * float(rng.normal()), "kind": "high" if a > 0.5 else "low", "n": int(10 * a)}


def troublesome(x, rng):
    """One run in a hundred raises, two hang and two kill their worker; x is the number of the run."""
    if x % 100 == 17:
        raise ValueError(f"told to fail at {x}")
    if x in (41, 141):
        while True:
            time.sleep(0.01)
    if x in (60, 161):
        os._exit(3)
    return {"y": x + float(rng.normal())}


class Walkers(models.Walkers):
    """A Mesa model with all kinds of tables, that needs a while."""

    def step(self):
        time.sleep(0.001)
        super().step()
