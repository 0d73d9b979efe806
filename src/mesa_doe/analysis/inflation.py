"""How much of every index is noise, where each run had a seed of its own."""

from __future__ import annotations

import numpy as np

from mesa_doe.analysis.outputs import Outputs
from mesa_doe.analysis.variation import LEAST_SHARE
from mesa_doe.arrays import BoolArray, FloatArray

__all__ = ["inflated"]


def inflated(
    checked: Outputs,
    indices: FloatArray,
    added: FloatArray,
    skipped: BoolArray,
    *,
    index: str = "total index",
    remedy: str = "use seed_policy='block'",
) -> list[str]:
    """Say what noise adds to every index; with one replication, what it may add at most.

    Parameters
    ----------
    checked : Outputs
    indices : ndarray (outputs, factors)
    added : ndarray (outputs,)
        By how much the noise between replications raises each index; not read with one replication.
    skipped : ndarray of bool (outputs,)
        Outputs of which something else is said.
    index : str
        What is inflated.
    remedy : str
        What to do, beside more replications.

    Returns
    -------
    list of str
    """
    said = []
    start = f"with independent seeds and {checked.replications} replications, noise inflates every {index}"
    alone = f"with independent seeds and one replication, noise inflates every {index}"
    for name, own, amount, skip in zip(checked.names, indices, added, skipped, strict=True):
        if skip or np.isnan(own).all():
            continue
        known = checked.replications > 1
        share = min(1.0, float(amount)) if known else float(np.nanmin(own))
        if share < LEAST_SHARE:
            continue
        if known:
            told = (
                f"{start}, that of an inert factor too, by about {share:.3f}; {remedy}, or more replications"
            )
        else:
            told = (
                f"{alone}, by up to {share:.3f} here (the smallest {index}); {remedy}, or replications to "
                "measure the noise"
            )
        said.append(f"output {name!r}: {told}")
    return said
