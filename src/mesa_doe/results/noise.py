"""What noise means to an output: whether it varies between runs that are alike, and what decides that."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

from mesa_doe.design import Design
from mesa_doe.results.length import is_length
from mesa_doe.seeding import policy_of

if TYPE_CHECKING:
    from mesa_doe.results.results import Results

__all__ = ["Noise", "policy_of_noise", "policy_of_seeds"]

#: Whether an output varies between runs of one configuration, and whether the seed decides it.
Noise: TypeAlias = Literal["none", "seeded", "unseeded"]


def policy_of_noise(results: Results, output: str, design: Design) -> str | None:
    """Return how the runs were seeded; None for an output without noise, to which that is the same."""
    return None if _noise_of(results, output) == "none" else policy_of_seeds(results, output, design)


def policy_of_seeds(results: Results, output: str, design: Design | None) -> str | None:
    """Return how the runs were seeded, as far as seeds reach an output."""
    if _noise_of(results, output) == "unseeded":
        # As if each run had a seed of its own.
        return "independent"
    if results.seed_policy is not None:
        return results.seed_policy
    seeds, points, iterations = (results.runs[name].tolist() for name in ("seed", "point", "iteration"))
    return policy_of(seeds, points, iterations, None if design is None else design.blocks)


def _noise_of(results: Results, output: str) -> Noise | None:
    """Return whether an output has noise, as far as it was looked for."""
    known = results.noise.get(output)
    if known is None and is_length(results, output):
        # Lengths often agree; but where a seed does not reach the model, it does not reach these.
        return "unseeded" if "unseeded" in results.noise.values() else None
    if known is None and results.noise and output not in results.model:
        kinds = [kind for kind, frame in results.agents.items() if output in frame]
        return results.noise.get(f"{kinds[0]}.{output}") if kinds else None
    return known
