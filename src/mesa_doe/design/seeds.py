"""How the seeds of runs meet the points of a design: the policy that fits, and what makes no sense."""

from __future__ import annotations

from typing import Any

from mesa_doe.errors import ConfigurationError
from mesa_doe.space.values import is_int

__all__ = ["check_replications", "chosen_policy"]

_WHY_POLICY = {
    "block": "one seed for all rows of one block of the {method} design, another for each replication",
    "independent": "every run its own seed",
}


def chosen_policy(asked: Any, default: str, method: str) -> Any:
    """Return the seed policy, printing the default where we choose it.

    Raises
    ------
    ConfigurationError
        If a policy is asked for where the seed is a factor.

    Examples
    --------
    >>> chosen_policy(None, "independent", "halton")
    seed_policy='independent': every run its own seed (the default for halton)
    'independent'
    """
    if asked is None:
        if default in _WHY_POLICY:
            why = _WHY_POLICY[default].format(method=method)
            print(f"seed_policy={default!r}: {why} (the default for {method})")
        return default
    if default == "factor":
        raise ConfigurationError(
            f"the seed is a factor of this design, so no seed_policy applies, got {asked!r}; "
            "leave it out, or make the design with seed_factor=False"
        )
    return asked


def check_replications(policy: str, replications: Any) -> None:
    """Refuse replications that would be the same run again.

    Raises
    ------
    ConfigurationError
    """
    if not is_int(replications) or replications <= 1:
        return
    if policy == "factor":
        raise ConfigurationError(
            f"the seed is a factor of this design: each point already names its seed, so {replications} "
            "replications would be the same run again; use replications=1 and a larger n"
        )
    if policy == "fixed":
        raise ConfigurationError(
            f"seed_policy='fixed' gives every run the same seed, so {replications} replications would "
            "be the same run again; use replications=1, or seed_policy='common'"
        )
