"""How many replications find a difference: the power of the F-test of one way."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from mesa_doe.analysis.least_number import MOST, at_most, for_power, power_of
from mesa_doe.analysis.options import checked_int, checked_positive, checked_share
from mesa_doe.analysis.recommendation import Recommendation, finished, read_pilot, up_to, whole, without_noise
from mesa_doe.errors import AnalysisError

__all__ = ["by_power"]

# Of the interval of the noise.
_CONFIDENCE = 0.95


def by_power(
    pilot: Any = None,
    *,
    effect: float | None = None,
    cohen_f: float | None = None,
    settings: int = 2,
    power: float = 0.95,
    alpha: float = 0.01,
) -> Recommendation:
    """Replications of each of k settings with which a difference between them is found.

    Parameters
    ----------
    pilot : array_like (points, replications) or (replications,), optional
        What the noise is read from; not needed with ``cohen_f``.
    effect : float, optional
        The smallest difference that matters, between the lowest and the highest setting, in units of the
        output; the other settings lie in the middle.
    cohen_f : float, optional
        In its place, the standard deviation of the settings' means over that of the noise.
    settings : int, default 2
        How many are compared. Two make it the two-sided t-test, of Cohen's d = 2f.
    power : float, default 0.95
        With which probability the difference is found.
    alpha : float, default 0.01
        Level of the test.

    Returns
    -------
    Recommendation
        For the noise of all points pooled; ``points`` has what each alone would ask for.

    Raises
    ------
    AnalysisError
        If not just one of ``effect`` and ``cohen_f`` is given, or an option is out of its range.

    Warns
    -----
    MesaDoeWarning
        If the noise of the points differs much, which the test takes as one.

    Notes
    -----
    The smallest n from 2 with P(F(k − 1, k(n − 1); λ = k·n·f²) > F(1 − α)) ≥ power: the F-test of one way, of
    independent runs. For a difference, f = effect/σ·(2k)^−½. The defaults of power and alpha are those that
    Secchi & Seri ask of agent-based models. Far more replications make any difference significant, whether it
    matters or not: report its size.

    σ of a few runs is too small more often than not, and of skewed outputs most often. Where a power of 0.9
    was asked for from 3, 5, 10 and 30 runs of one point, it was 0.69, 0.78, 0.84 and 0.89 on average of
    normal noise, and 0.44, 0.52, 0.60 and 0.71 of lognormal noise (its log of deviation 1).
    ``figures["replications_high"]`` is what it takes if σ is at the upper end of its 95 % interval
    (Browne 1995): of normal noise it brought 0.96 to 0.99, of lognormal noise, whose σ few runs cannot bound,
    0.82 to 0.89. Pooled over 4 points of 5 or 20 runs, or 10 of 10, the power was 0.85 and 0.89 of normal,
    and 0.64 and 0.78 of lognormal noise.

    References
    ----------
    Cohen 1988, Statistical power analysis, chapter 8; Secchi & Seri 2017, Controlling for false negatives in
    agent-based models; Seri & Secchi 2017, How many times should one run a computational simulation?; upper
    end of σ: Browne 1995, Statistics in Medicine 14.

    Examples
    --------
    >>> by_power(cohen_f=0.1)
    replications by power: 893
    of each of 2 settings: a test at 0.01 finds Cohen's f = 0.1 with probability 0.950
    min n: P(F(k-1, k(n-1); λ=k·n·f²) > F(1-α)) ≥ power (Secchi & Seri 2017; Seri & Secchi 2017)
    """
    checked_share("by_power", "power", power)
    checked_share("by_power", "alpha", alpha)
    k = checked_int("by_power", "settings", settings, 2)
    if (effect is None) == (cohen_f is None):
        raise AnalysisError(
            f"by_power takes effect= or cohen_f=, one of them, got {effect!r} and {cohen_f!r}"
        )
    if pilot is None and cohen_f is None:
        raise AnalysisError(
            "by_power: an effect= in units of the output needs a pilot with the noise; or give cohen_f="
        )
    checked_positive(
        "by_power", "effect" if cohen_f is None else "cohen_f", effect if cohen_f is None else cohen_f
    )
    if power <= alpha:
        raise AnalysisError(f"by_power: power must be above alpha, got power={power!r}, alpha={alpha!r}")
    figures: dict[str, Any] = {"settings": k, "power": power, "alpha": alpha}
    formula = "min n: P(F(k-1, k(n-1); λ=k·n·f²) > F(1-α)) ≥ power"
    source = "Secchi & Seri 2017; Seri & Secchi 2017"
    runs = None if pilot is None else read_pilot(pilot, "by_power")
    sigma = None
    if runs is not None:
        degrees = runs.runs - 1
        largest = float(runs.stds.max()) or 1.0  # squares stay finite
        sigma = largest * float(np.sqrt((degrees * (runs.stds / largest) ** 2).sum() / degrees.sum()))
        figures["std"] = sigma
        if sigma == 0:
            return without_noise("power", runs, formula, source, figures)
    of_range = 1 / np.sqrt(2 * k)
    f = cohen_f if cohen_f is not None else effect / sigma * of_range  # type: ignore[operator]
    if sigma is not None:
        figures["effect"] = f * sigma / of_range
    needed = float(for_power(np.array([f]), k, power, alpha)[0])
    n = None if np.isnan(needed) else int(needed)
    figures |= {
        "cohen_f": f,
        "reached": None if n is None else float(power_of(np.array([n]), f, k, alpha)[0]),
    }
    said, frame = [], pd.DataFrame()
    what = f"Cohen's f = {f:.3g}"
    if runs is not None and sigma is not None:
        said += runs.said
        own = np.full(len(runs.stds), needed)
        if effect is not None:
            what = f"a difference of {effect:g} ({what})"
            own = np.ones(len(runs.stds))
            noisy = runs.stds > 0
            own[noisy] = for_power(effect / runs.stds[noisy] * of_range, k, power, alpha)
        frame = runs.frame(own)
        worst = int(np.argmax(runs.stds))
        figures["most_demanding_point"] = runs.called([worst])[0]
        if runs.stds[worst] > 2 * sigma:
            said.append(
                f"the noise of point {figures['most_demanding_point']} is {runs.stds[worst] / sigma:.1f} "
                "times that of all pooled, but the test takes it as one: see points for what each would ask "
                "for"
            )
    if n is None:
        reading = f"no number up to {MOST:,} finds {what} with probability {power:g}"
    else:
        reading = (
            f"of each of {k} settings: a test at {alpha:g} finds {what} with probability "
            f"{figures['reached']:.3f}"
        )
        if effect is not None and sigma is not None and runs is not None:
            most = at_most(sigma, (runs.runs - 1).sum(), _CONFIDENCE)
            high = for_power(np.array([effect / most * of_range]), k, power, alpha)
            figures["replications_high"] = whole(high)[0]
            reading += up_to(high[0], "the pilot leaves")
        if runs is not None and runs.runs.min() > n:
            reading += (
                f"; the pilot's {int(runs.runs.min())} find smaller ones too, so judge differences by their "
                "size, not by their p"
            )
    return finished(Recommendation("power", n, reading, formula, source, figures, frame, tuple(said)))
