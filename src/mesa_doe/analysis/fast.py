"""FAST: first- and total-order indices from the spectrum of the output along search curves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from mesa_doe.analysis.declare import check_design, declare
from mesa_doe.analysis.estimates import tidy
from mesa_doe.analysis.harmonics import too_low
from mesa_doe.analysis.inflation import inflated
from mesa_doe.analysis.outputs import Missing, checked_outputs
from mesa_doe.analysis.result import SensitivityResult
from mesa_doe.analysis.variation import ROUNDING, constant_outputs, flat_outputs, noise_units, standardised
from mesa_doe.design import Design
from mesa_doe.errors import AnalysisError

__all__ = ["fast"]


@declare(
    designs=("fast",),
    default_for=("fast",),
    axes="ordered",
    library="mesa-doe; a test holds it to SALib.analyze.fast",
    measures="first- (S1) and total-order (ST) indices",
    source="Saltelli, Tarantola & Chan 1999",
)
def fast(
    design: Design,
    y: Any,
    *,
    outputs: Sequence[Any] | None = None,
    missing: Missing = "raise",
    seed_policy: str | None = None,
) -> SensitivityResult:
    """First- and total-order indices from the spectrum of the output along each factor's search curve.

    Parameters
    ----------
    design : Design
        Made by ``doe.fast``, which knows the number of harmonics ``M``.
    y : array_like (points,), (points, outputs) or (points, replications, outputs)
        Outputs in the order of the design. Replications are averaged.
    outputs : sequence, optional
        Names of the outputs.
    missing : {"raise", "drop"}, default "raise"
        A curve with a gap has no spectrum: a missing value is an error in both cases.
    seed_policy : str, optional
        How the runs were seeded; ``"independent"`` adds what the noise does to the indices.

    Returns
    -------
    SensitivityResult
        Measures ``S1`` and ``ST``, without intervals.

    Raises
    ------
    AnalysisError
        If the design is no FAST design, or outputs are missing.

    Warns
    -----
    MesaDoeWarning
        If an output does not vary, a discrete axis has an S1 that is too low, or noise inflates ST.

    Notes
    -----
    Point estimates are those of `SALib.analyze.fast <https://salib.readthedocs.io/en/latest/api.html>`_; a
    constant output gives NaN, not 0.045 and 0.731.

    There are no intervals. The points of a curve are no random sample but one path: parts of it, which SALib
    resamples, swing at other frequencies than the whole. To see the error, make a second design with another
    ``rng=`` and compare, or use ``doe.sobol``.

    Examples
    --------
    >>> from mesa_doe.samplers import fast as sample
    >>> from mesa_doe.space import ParameterSpace, Real
    >>> design = sample(ParameterSpace(a=Real(0, 1), b=Real(0, 1)), 513, rng=1)
    >>> fast(design, 2 * design.points["a"] + design.points["b"]).table()["S1"].round(2).tolist()
    [0.8, 0.2]
    """
    check_design(design, "fast")
    checked = checked_outputs(design, y, names=outputs, missing=missing, method="fast")
    d, n, M = len(design.factors), int(design.options["n"]), int(design.options["M"])
    if len(design) != n * d:
        message = (
            f"fast reads {d} whole curves of n={n} points, but the design has {len(design)}; "
            "make it with doe.fast"
        )
        raise AnalysisError(message)
    scaled, scale = standardised(checked.means)
    constant = constant_outputs(scaled)
    curves = scaled.reshape(d, n, -1)
    # The frequency of a curve's own factor, as the sampler chose it.
    own = (n - 1) // (2 * M)
    power = np.abs(np.fft.rfft(curves, axis=1)[:, 1 : (n + 1) // 2]) ** 2
    flat = (np.ptp(curves, axis=1) <= ROUNDING) | constant
    whole = np.where(flat, np.nan, power.sum(axis=1))
    first = power[:, np.arange(1, M + 1) * own - 1].sum(axis=1) / whole
    total = 1 - power[:, : own // 2].sum(axis=1) / whole

    said = [*checked.said, *flat_outputs(checked, constant, units=noise_units(checked, seed_policy))]
    said += [
        f"output {checked.names[k]!r} is the same along the whole curve of {design.factors[j]}, so its "
        "indices are NaN; use a larger n"
        for k, j in zip(*np.nonzero((flat & ~constant).T), strict=True)
    ]
    said += too_low(design, checked.names, first, M, "fast")
    if seed_policy == "independent":
        noise = (np.sqrt(checked.noise) / scale) ** 2 / np.where(constant, 1.0, scaled.var(axis=0))
        # Noise is spread over all frequencies; only what falls on those of the other factors is told apart.
        added = noise * (1 - (own // 2) / power.shape[1]) / checked.replications
        said += inflated(checked, total.T, added, constant, remedy="use seed_policy='common'")
    settings = {
        "points": len(design),
        "M": M,
        "replications": checked.replications,
        "seed_policy": seed_policy,
        "noise_variance": dict(zip(checked.names, checked.noise.tolist(), strict=True)),
    }
    labels = [(measure, factor, "") for measure in ("S1", "ST") for factor in design.factors]
    frame = tidy(checked.names, labels, np.concatenate([first, total]).T)
    return SensitivityResult("fast", frame, settings, tuple(said))
