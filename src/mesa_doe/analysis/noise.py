"""How much of an output's variance is the parameters', and how much the seed's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from mesa_doe import plots
from mesa_doe.analysis.options import check_known, checked_blocks, checked_bootstrap
from mesa_doe.analysis.outputs import replicated
from mesa_doe.analysis.rounding import ROUNDING
from mesa_doe.analysis.scaling import check_squares
from mesa_doe.analysis.shown import as_html, labelled, notes_of
from mesa_doe.analysis.variance_components import one_way, scaled_deviations, two_way
from mesa_doe.analysis.variation import LEAST_SHARE
from mesa_doe.arrays import BoolArray, FloatArray, IntArray
from mesa_doe.errors import AnalysisError, counted, warn
from mesa_doe.seeding import RNG, root_entropy

__all__ = ["VarianceSplit", "split_variance"]

#: Seed policies under which every replication has noise of its own at every point, or all but so.
_ONE_WAY = ("independent", "block", "factor", None)
#: Of fewer common seeds, the interval of their main effect is too narrow by far.
_FEW_SEEDS = 10
# Points that make a variance: normal values are worth a third of their number. Sources below this share are
# left alone.
_FEWEST_ALIKE, _LEAST_PART, _LEAST_TOLD = 20, 0.2, 0.05


@dataclass(frozen=True, eq=False, repr=False)
class VarianceSplit:
    """The variance of each output by where it comes from.

    Parameters
    ----------
    estimates : DataFrame
        One row an output and source, columns ``output``, ``source`` (``"parameters"``, ``"seed"`` and, under
        common seeds, ``"interaction"``), ``variance``, ``variance_low``, ``variance_high``, ``share``,
        ``share_low``, ``share_high``.
    settings : mapping
        Points and runs used, confidence, resamples and seed policy.
    warnings : tuple of str
        What changes the meaning of the estimates.

    Examples
    --------
    >>> split_variance([[1.0, 1.2], [3.0, 2.9], [5.0, 5.1]]).share("y")["parameters"].round(2)
    np.float64(1.0)
    """

    estimates: pd.DataFrame
    settings: Mapping[str, Any] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()

    def to_frame(self) -> pd.DataFrame:
        """Return one row an output and source, as :attr:`estimates` but a copy.

        Returns
        -------
        DataFrame
        """
        return self.estimates.copy()

    def share(self, output: Any) -> pd.Series[float]:
        """Return the shares of one output.

        Parameters
        ----------
        output : object

        Returns
        -------
        Series, index ``source``
            They sum to 1; NaN where the output is constant.

        Raises
        ------
        AnalysisError
            If there is no such output.
        """
        check_known("output", output, dict.fromkeys(self.estimates["output"]))
        rows = self.estimates[self.estimates["output"] == output]
        shares: pd.Series[float] = rows.set_index("source")["share"]
        return shares

    def to_xarray(self) -> Any:
        """Return the estimates as labelled arrays.

        Returns
        -------
        xarray.Dataset
            Variables ``variance`` and ``share``, and two for the interval of each (``share_low``,
            ``share_high``), with dimensions ``output`` and ``source``.

        Raises
        ------
        MissingDependencyError
            If xarray is not installed.

        Examples
        --------
        >>> y = [[1.0, 1.2], [2.0, 2.1], [3.0, 3.3]]
        >>> cube = split_variance(y, seed_policy="independent", resamples=100).to_xarray()
        >>> dict(cube.sizes), round(float(cube["share"].sum()), 9)
        ({'output': 1, 'source': 2}, 1.0)
        """
        labels = {name: list(dict.fromkeys(self.estimates[name])) for name in ("output", "source")}
        return labelled(self.estimates, labels, list(self.estimates.columns[2:]))

    def plot(self, ax: Any = None) -> Any:
        """Draw the share of each source with its interval, a colour an output.

        Parameters
        ----------
        ax : matplotlib Axes, optional

        Returns
        -------
        matplotlib Axes

        Examples
        --------
        >>> from matplotlib.figure import Figure
        >>> y = [[1.0, 1.2], [2.0, 2.1], [3.0, 3.3]]
        >>> split = split_variance(y, seed_policy="independent", resamples=100)
        >>> split.plot(Figure().subplots()).get_xlabel()
        'y (share of variance)'
        """
        names = {"source": "factor", "share": "estimate", "share_low": "low", "share_high": "high"}
        rows = self.estimates.rename(columns=names).assign(measure=self.estimates["output"].map(str))
        return plots.bars(rows, ax=ax, title="Sources of variance")

    def __repr__(self) -> str:
        return "\n".join([self._shown.to_string(index=False), *notes_of(self.warnings)])

    def _repr_html_(self) -> str:
        return as_html([("sources of variance", self._shown)], notes_of(self.warnings))

    @property
    def _shown(self) -> pd.DataFrame:
        return pd.DataFrame(
            {
                "output": self.estimates["output"].map(str),
                "source": self.estimates["source"],
                "variance": self.estimates["variance"].map("{:.4g}".format),
                "share": [
                    "nan" if np.isnan(share) else f"{share:.3f} [{low:.3f}, {high:.3f}]"
                    for share, low, high in self.estimates[["share", "share_low", "share_high"]].to_numpy()
                ],
            }
        )


def split_variance(
    y: Any,
    *,
    outputs: Sequence[Any] | None = None,
    confidence: float = 0.95,
    seed_policy: str | None = None,
    blocks: Any = None,
    resamples: int = 1000,
    rng: RNG = 0,
) -> VarianceSplit:
    """Split the variance of each output into that between design points and that between their replications.

    Parameters
    ----------
    y : array_like (points, replications) or (points, replications, outputs)
        NaN where there is no run: points may have unequal numbers of replications. The index of a DataFrame
        is what its points are called.
    outputs : sequence, optional
        Names of the outputs.
    confidence : float, default 0.95
        Level of the percentile intervals.
    seed_policy : str, optional
        How the runs were seeded. Under ``"common"`` replication j has the same seed at every point, and what
        that seed does to all points alike (``"seed"``) is told from what it does to each (``"interaction"``).
    blocks : array_like (points,) of int, optional
        Which points are drawn together, since they share values and seeds, as ``design.blocks``.
    resamples : int, default 1000
        Bootstrap resamples of whole points, or blocks, and of seeds where they are common; at least 100.
    rng : int, SeedSequence or Generator, default 0
        Of the bootstrap.

    Returns
    -------
    VarianceSplit

    Raises
    ------
    AnalysisError
        If there are fewer than two points, no point was replicated, or outputs are so large or small that
        their squares are no floats.

    Warns
    -----
    MesaDoeWarning
        If the parameters have no share, an estimate was negative and is taken as 0, an output is constant,
        few points make a variance, or runs are missing.

    Notes
    -----
    The method of moments in the random-effects layout. One way, of a points with n_i runs: seed, the mean of
    the points' own variances s_i²; parameters, the variance of the points' means less the mean of s_i²/n_i.
    Points count alike however often they ran, so that neither depends on where there are more runs, nor on
    the noise being the same everywhere: weighted by runs, as in Searle's n0, a share of 0.39 read 0.15 where
    the noisier half of the points had ten runs and the other two, and 0.64 the other way round. A point
    with one run is taken to have the mean noise. Two ways, of r common seeds: interaction MSE, parameters
    (MSA − MSE)/r, seed (MSS − MSE)/a; a point that lacks a run is left out, and what noise there is beside
    the seed counts as interaction.

    A resample takes (a − 1)/a of the variance between what is drawn, and where both points and seeds are
    drawn it adds the interaction once more; both are put right. Percentile intervals of a variance are too
    narrow where little is drawn: of normal effects, those of level 0.95 held the truth in 0.93 of trials with
    100 points and 0.92 with 40, and that of the seed in 0.89 with 25 common seeds and 0.85 with 10; that of
    the interaction is wider than need be. Blocks are drawn whole: of those of ``sobol`` and ``shapley`` whose
    points share their seeds, and half of whose variance is noise, intervals of 32 and 128 blocks held the
    share in 0.89 to 0.95 of 150 designs, where points that are drawn one by one held it in 0.41 to 0.75.

    Of long tails intervals are too narrow by much, since most samples lack the tail: of 50, 200 and 1,000
    points of a lognormal law (its log of deviation 1) with as much normal noise they held the share in 0.70,
    0.76 and 0.88, of an exponential law, of 50 and 200, in 0.87 and 0.91. (A bootstrap-t of the logit held
    that of the lognormal law in 0.72 and 0.84, but smaller shares less often than percentiles.) Where few
    points make a variance there is a warning: of 50 points in 0.3 and 0.6 of samples of these laws, and 0.01
    of a normal one. What lacks its tail does not show it: take the logarithm of such outputs, or many points.

    References
    ----------
    Searle, Casella & McCulloch 1992, Variance components, section 4.3; one way with unequal numbers of runs:
    Thomas & Hultquist 1978, Annals of Statistics 6; bootstrap of two ways: Owen 2007, The pigeonhole
    bootstrap.

    Examples
    --------
    >>> noise = np.random.default_rng(1).normal(size=(200, 10))
    >>> split_variance(np.linspace(0, 6, 200)[:, None] + noise, seed_policy="independent")
    output     source variance                share
         y parameters    3.208 0.759 [0.729, 0.783]
         y       seed     1.02 0.241 [0.217, 0.271]
    """
    resamples, confidence = checked_bootstrap("split_variance", resamples, confidence)
    if seed_policy not in (*_ONE_WAY, "common"):
        why = ": under it all replications of a point are the same run" if seed_policy == "fixed" else ""
        raise AnalysisError(
            f"split_variance: seed_policy takes 'independent', 'common', 'block', 'factor' or None, got "
            f"{seed_policy!r}{why}"
        )
    names, values, _ = replicated(y, "split_variance", outputs)
    common = seed_policy == "common"
    values, kept, said = _present(values, whole=common)
    units = _units(blocks, kept)
    entropy = root_entropy(rng)
    scaled, scale, size = scaled_deviations(values)
    split = two_way if common else one_way
    raw, low, high = split(scaled, ROUNDING * size / scale, units, resamples, confidence, entropy)
    check_squares("split_variance", names, scale, np.asarray(~raw.any(axis=1)))
    sources = ["parameters", "seed", "interaction"] if common else ["parameters", "seed"]
    k = len(sources)
    variances = np.maximum(raw, 0.0)
    with np.errstate(invalid="ignore"):  # of a constant output there is nothing to share
        shares = variances / variances.sum(axis=1, keepdims=True)
    said += _said(names, sources, raw, shares, scale)
    said += _long_tails(names, sources[:1] if common else sources, scaled, shares)
    if common and values.shape[1] < _FEW_SEEDS:
        said.append(
            f"the seed's share rests on {values.shape[1]} common seeds: of fewer than {_FEW_SEEDS}, its "
            "interval is too narrow"
        )
    for warning in said:
        warn(warning)
    unit = scale[:, None]
    columns = {
        "variance": variances * unit * unit,
        "variance_low": low[:, :k] * unit * unit,
        "variance_high": high[:, :k] * unit * unit,
        "share": shares,
        "share_low": low[:, k:],
        "share_high": high[:, k:],
    }
    frame = pd.DataFrame(
        {
            "output": [name for name in names for _ in sources],
            "source": sources * len(names),
            **{name: column.ravel() for name, column in columns.items()},
        }
    )
    settings = {
        "points": len(values),
        "runs": int(np.isfinite(values).all(axis=2).sum()),
        "confidence": confidence,
        "resamples": resamples,
        "seed_policy": seed_policy,
    }
    return VarianceSplit(frame, settings, tuple(said))


def _units(blocks: Any, kept: BoolArray) -> IntArray:
    """Return which unit each point that is kept belongs to, numbered from 0 on."""
    if blocks is None:
        return np.arange(np.count_nonzero(kept))
    given = checked_blocks("split_variance", blocks, len(kept))
    units: IntArray = np.unique(given[kept], return_inverse=True)[1]
    if units.max() == 0:
        raise AnalysisError(
            "split_variance: all points are of one block, of which nothing can be drawn: use a design of two "
            "blocks or more"
        )
    return units


def _present(values: FloatArray, *, whole: bool) -> tuple[FloatArray, BoolArray, list[str]]:
    """Leave out points without a run, or (of a whole layout) those that lack one; say so."""
    # A run that lacks one output is no run.
    have: BoolArray = np.asarray(np.isfinite(values).all(axis=2))
    kept: BoolArray = np.asarray(have.all(axis=1) if whole else have.any(axis=1))
    said = []
    if not have.all():
        left = f"{counted(int(np.count_nonzero(~have)), 'run')} of {have.size} have no value"
        lost = int(np.count_nonzero(~kept))
        why = "lack one" if whole else "lack all"
        out = f", and {counted(lost, 'point')} of {len(kept)} that {why} are left out" if lost else ""
        said.append(left + out)
    runs = have[kept].sum(axis=1)
    if len(runs) < 2 or runs.max() < 2:
        raise AnalysisError(
            f"split_variance needs two points or more, and replications of them; {len(runs)} of {len(kept)} "
            f"points can be used, with at most {counted(int(runs.max(initial=0)), 'run')} each: run with "
            "replications=2 or more"
        )
    return np.where(have[:, :, None], values, np.nan)[kept], kept, said


def _said(
    names: list[Any], sources: list[str], raw: FloatArray, shares: FloatArray, scale: FloatArray
) -> list[str]:
    said = []
    for k, name in enumerate(names):
        if not np.any(raw[k]):
            said.append(f"output {name!r} is the same in every run: there is no variance to split")
            continue
        for source, variance in zip(sources, raw[k], strict=True):
            if variance < 0:
                said.append(
                    f"output {name!r}: the variance of the {source} comes out negative "
                    f"({variance * scale[k] ** 2:.2g}), as noise makes it where there is next to none; it "
                    "is taken as 0"
                )
        if shares[k, 0] < LEAST_SHARE:
            said.append(
                f"output {name!r} is without variance between design points: the parameters' share is "
                f"{shares[k, 0]:.4f}, so its sensitivity indices describe noise; use wider axes or another "
                "output"
            )
    return said


def _long_tails(names: list[Any], sources: list[str], values: FloatArray, shares: FloatArray) -> list[str]:
    """Say which variances a few points make, so that their intervals are too narrow."""
    means = np.nanmean(values, axis=1)
    own = np.nanmean((values - means[:, None]) ** 2, axis=1)
    parts = np.stack([(means - means.mean(axis=0)) ** 2, own], axis=-1)[..., : len(sources)]
    with np.errstate(invalid="ignore"):  # of a source without variance
        alike = parts.sum(axis=0) ** 2 / (parts**2).sum(axis=0)
    few = (alike < min(_FEWEST_ALIKE, _LEAST_PART * len(values))) & (shares[:, : len(sources)] > _LEAST_TOLD)
    return [
        f"output {names[k]!r}: few points make the variance of the {sources[j]}, as {alike[k, j]:.0f} of "
        f"{len(values)} would if they were alike: of such a long tail the interval may be far too narrow; "
        "use more points, or the logarithm of the output"
        for k, j in np.argwhere(few).tolist()
    ]
