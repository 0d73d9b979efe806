"""FAST: first- and total-order indices from the spectrum of the output along search curves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np

from mesa_doe.analysis.declare import declare
from mesa_doe.analysis.estimates import tidy
from mesa_doe.analysis.harmonics import too_low
from mesa_doe.analysis.inflation import inflated
from mesa_doe.analysis.outputs import Missing, checked_outputs
from mesa_doe.analysis.rare_events import narrow_events
from mesa_doe.analysis.replication_noise import (
    between_replications,
    corrects,
    noise_shares,
    nothing_left,
    shares_told,
)
from mesa_doe.analysis.result import SensitivityResult
from mesa_doe.analysis.rounding import ROUNDING
from mesa_doe.analysis.scaling import constant_outputs, standardised
from mesa_doe.analysis.variation import flat_outputs
from mesa_doe.arrays import FloatArray
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
    intervals=False,
)
def fast(
    design: Design,
    y: Any,
    *,
    outputs: Sequence[Any] | None = None,
    noise: Literal["corrected", "kept"] = "corrected",
    missing: Missing = "raise",
    seed_policy: str | None = None,
) -> SensitivityResult:
    """First- and total-order indices from the spectrum of the output along each factor's search curve.

    Parameters
    ----------
    design : Design
        Made by ``doe.fast``, which knows the number of harmonics ``M``.
    y : array_like (points,), (points, outputs) or (points, replications, outputs)
        Outputs in the order of the design.
    outputs : sequence, optional
        Names of the outputs.
    noise : {"corrected", "kept"}, default "corrected"
        Indices of the expected output, whose noise is taken away by products of different replications; or
        of the mean of the replications as it is, noise and all. One replication cannot be corrected.
    missing : {"raise", "drop"}, default "raise"
        A curve with a gap has no spectrum: a missing value is an error in both cases.
    seed_policy : str, optional
        How the runs were seeded; ``"independent"`` adds what the noise does to the indices.

    Returns
    -------
    SensitivityResult
        Measures ``S1`` and ``ST``, without intervals. ``settings["noise_share"]`` is the share of the
        variance of a single run that is noise, by output; NaN with one replication.

    Raises
    ------
    AnalysisError
        If the design is no FAST design, or outputs are missing.

    Warns
    -----
    MesaDoeWarning
        If an output does not vary, S1 is too low, of a discrete axis or a long tail, or since all but few
        points are alike, or noise inflates ST.

    Notes
    -----
    Point estimates are those of `SALib.analyze.fast <https://salib.readthedocs.io/en/latest/api.html>`_ of
    the means; a constant output gives NaN, not 0.045 and 0.731.

    With replications, the power at a frequency is the product of the amplitudes of two different ones, as in
    ``sobol``, which holds no noise.

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
    checked = checked_outputs(design, y, names=outputs, missing=missing, method="fast")
    d, n, M = len(design.factors), int(design.options["n"]), int(design.options["M"])
    if len(design) != n * d:
        raise AnalysisError(
            f"fast reads {d} whole curves of n={n} points, but the design has {len(design)}; "
            "make it with doe.fast"
        )
    names = checked.names
    corrected = corrects("fast", noise, checked.replications)
    runs, scale = standardised(checked.values if corrected else checked.means[:, None])
    means = runs.mean(axis=1)
    constant = constant_outputs(means)
    # The frequency of a curve's own factor, as the sampler chose it.
    own = (n - 1) // (2 * M)

    def amplitudes(values: FloatArray) -> FloatArray:
        power: FloatArray = np.abs(np.fft.rfft(values.reshape(d, n, -1), axis=1)[:, 1 : (n + 1) // 2]) ** 2
        return power

    power = between_replications(amplitudes, runs)
    flat = (np.ptp(means.reshape(d, n, -1), axis=1) <= ROUNDING) | constant
    whole = power.sum(axis=1)
    # Without the noise nothing may be left, or by chance less.
    whole = np.where(flat | (whole <= 0), np.nan, whole)
    first = power[:, np.arange(1, M + 1) * own - 1].sum(axis=1) / whole
    total = 1 - power[:, : own // 2].sum(axis=1) / whole

    said = [*checked.said, *flat_outputs(checked, seed_policy, constant=constant)]
    said += [
        f"output {names[k]!r} is the same along the whole curve of {design.factors[j]}, so its "
        "indices are NaN; use a larger n"
        for k, j in zip(*np.nonzero((flat & ~constant).T), strict=True)
    ]
    said += nothing_left(names, total.T, flat.any(axis=0))
    larger = "a larger M= in the sampler"
    said += too_low(design, checked, first, M, larger)
    said += narrow_events(design, names, means, constant, parts=M, remedy=f"{larger}, or sobol")
    own_noise = (checked.noise_deviation / scale) ** 2
    variance = means.var(axis=0)
    if seed_policy == "independent" and not corrected:
        # Noise is spread over all frequencies; only what falls on those of the other factors is told apart.
        other = 1 - (own // 2) / power.shape[1]
        added = own_noise * other / checked.replications / np.where(constant, 1.0, variance)
        said += inflated(checked, total.T, added, constant, remedy="use seed_policy='common'")
    # Of the means' variance a part is noise, unless all points share it.
    between = variance - (0.0 if seed_policy == "common" else own_noise / checked.replications)
    settings: dict[str, Any] = {
        "points": len(design),
        "M": M,
        "noise": "corrected" if corrected else "kept",
        "replications": checked.replications,
        "seed_policy": seed_policy,
        "noise_variance": checked.by_output(checked.noise),
        "noise_share": checked.by_output(noise_shares(between, own_noise, constant)),
    }
    notes = shares_told(settings["noise_share"], corrected=corrected, seed_policy=seed_policy)
    labels = [(measure, factor, "") for measure in ("S1", "ST") for factor in design.factors]
    frame = tidy(names, labels, np.concatenate([first, total]).T)
    return SensitivityResult("fast", frame, settings, tuple(said), notes=notes)
