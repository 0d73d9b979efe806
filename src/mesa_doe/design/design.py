"""``Design``: the checked points of an experiment, in their order, and what can be done with them."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from types import MappingProxyType
from typing import Any, NoReturn, TypeAlias, get_args

import numpy as np
import pandas as pd

from mesa_doe.arrays import Array, IntArray
from mesa_doe.configurations import Configurations, Outputs
from mesa_doe.design.center import with_center
from mesa_doe.design.choosing import chosen_rows, part_of, told
from mesa_doe.design.costing import Cost, cost_of
from mesa_doe.design.csv_file import read_csv, write_csv
from mesa_doe.design.describing import Description, describe
from mesa_doe.design.gate import (
    SEED_FACTOR,
    Extension,
    check_bool,
    check_points,
    check_size,
    checked_ints,
    checked_unit,
    may_refuse,
)
from mesa_doe.design.groups import Groups, read_groups, written_groups
from mesa_doe.design.lineage import call
from mesa_doe.design.parquet_file import read_parquet, write_parquet
from mesa_doe.design.picturing import drawable
from mesa_doe.design.seeds import check_replications, chosen_policy
from mesa_doe.design.twins import ONE_NOISE, deduplicated, has_merged_runs
from mesa_doe.errors import DesignError, warn
from mesa_doe.plots.design import pair_grid
from mesa_doe.seeding import RNG, SeedPlan, SeedPolicy, root_entropy, seed_units
from mesa_doe.space import ParameterSpace
from mesa_doe.space.values import is_int

__all__ = ["Design", "Longer"]

Longer: TypeAlias = "Callable[[Design, int], Design]"


class Design:
    """The points of an experiment: what a sampler returns, checked.

    Made by the samplers (``doe.sobol``, ``doe.latin_hypercube``, …). The constructor is the gate that
    each sample passes, so it may be called with a sample of your own too.

    Parameters
    ----------
    space : ParameterSpace
    unit : array_like (points, factors)
        The sample in the unit cube, in the order in which it is to be analysed; copied, unless it is an
        array that was given away by :func:`mesa_doe.design.frozen`.
    method : str
        Name of the sampler.
    options : mapping
        What the sampler was called with.
    blocks : array_like (points,) of int, optional
        Which Saltelli block or trajectory a point is of.
    seed_levels : array_like (points,) of int, optional
        For a design with the seed as its last factor: which of the design's seeds a point uses.
    points : DataFrame (points, factors), optional
        Native values, where they are not to be computed from ``unit``.
    rows : int, optional
        How many points the method promises.
    extension : {"nested", "augmented", "independent", "none"}, default "none"
        What a longer design of this method promises.
    longer : callable, optional
        ``(design, n) -> Design``, or the DesignError that says why not; what :meth:`extend` calls.
    groups : mapping of str to sequence of str, optional
        Factors that move together; each factor is in one group.

    Attributes
    ----------
    points : DataFrame (points, factors), index ``point``
        Native values: ints stay ints, levels keep their objects. Computed from ``unit`` when first asked
        for; where a constraint or a law may refuse a point, at once.
    unit : ndarray (points, factors)
    factors : tuple of str
        Names of the columns of ``unit``: the space's, and ``"seed"`` where the seed is a factor.
    extension : str
        ``"nested"``: a longer design is the one that the sampler makes of the larger n, and as even;
        ``"augmented"``: old and new points together have the property of the method; ``"independent"``:
        new points are further draws; ``"none"``: it cannot be extended.
    origin : Design or None
        The design whose twins :meth:`deduplicate` merged to make this one.
    twin_of : ndarray (points of ``origin``,) of int, or None
        The position here of the one run of each.
    merged : ndarray (points,) of int, or None
        Of the ``origin`` of a design whose twins are one run each: the run of each point. None where merging
        changes nothing: within blocks, and with ``across_blocks=True``.

    Raises
    ------
    DesignError
        If the sample has the wrong shape, is empty, not finite, or outside the unit cube, or the groups
        do not share out the factors.

    Examples
    --------
    >>> from mesa_doe.space import ParameterSpace, Integer
    >>> design = Design(ParameterSpace(n=Integer(1, 4)), [[0.0], [1.0]], method="mine", options={})
    >>> design.points["n"].tolist()
    [1, 4]
    """

    def __init__(
        self,
        space: ParameterSpace,
        unit: Any,
        *,
        method: str,
        options: Mapping[str, Any],
        blocks: Any = None,
        seed_levels: Any = None,
        points: pd.DataFrame | None = None,
        rows: int | None = None,
        extension: Extension = "none",
        longer: Callable[[Design, int], Design] | None = None,
        groups: Any = None,
    ) -> None:
        if extension not in get_args(Extension) or (extension != "none" and longer is None):
            raise DesignError(
                f"extension takes {', '.join(sorted(get_args(Extension)))}, and all but 'none' need longer=, "
                f"got {extension!r}"
            )
        self.space = space
        self.method = method
        self.options: Mapping[str, Any] = MappingProxyType(dict(options))
        self.factors = (*space.names, SEED_FACTOR) if seed_levels is not None else space.names
        self.unit = checked_unit(unit, self.factors, method, rows)
        self.blocks = checked_ints("blocks", blocks, len(self.unit))
        self.seed_levels = checked_ints("seed_levels", seed_levels, len(self.unit))
        self.extension = extension
        self._longer = longer
        self._groups = None if groups is None else read_groups(groups, self.factors, method)
        if points is not None:
            # Shallow: pandas copies before either of the two is written.
            self._points = points.copy(deep=False)
        if points is not None or may_refuse(space):
            check_points(self._points, space, len(self.unit), method)
        self.origin: Design | None = None
        self.twin_of: IntArray | None = None
        self.merged: IntArray | None = None

    def __len__(self) -> int:
        return len(self.unit)

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "options": dict(self.options)}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state, options=MappingProxyType(state["options"]))
        for array in (self.unit, self.blocks, self.seed_levels):
            if array is not None:
                array.setflags(write=False)  # which pickle forgets

    def __repr__(self) -> str:
        groups = (
            "" if self.groups is None else f" in {len(self.groups)} groups ({written_groups(self.groups)})"
        )
        return (
            f"<Design: {len(self)} points of {len(self.factors)} factors{groups}, "
            f"{call(self.method, self.options, without=('entropy', 'groups'))}>"
        )

    @cached_property
    def _points(self) -> pd.DataFrame:
        return self.space.from_unit(self.unit[:, : len(self.space)])

    @property
    def points(self) -> pd.DataFrame:
        """Native values, one row a point (index ``point``): a copy, so that no change of it is run unseen."""
        return self._points.copy(deep=False)

    @property
    def groups(self) -> Groups | None:
        """The factors of each group, by its name, in the order of the factors; None without groups."""
        return None if self._groups is None else MappingProxyType(self._groups)

    @property
    def default_seed_policy(self) -> str:
        """The seed policy that fits the design: by block where it has blocks, else independent seeds."""
        if self.seed_levels is not None:
            return "factor"
        return "independent" if self.blocks is None else "block"

    def extend(self, n: int) -> Design:
        """Return a longer design of which this one is the beginning.

        Parameters
        ----------
        n : int
            The new size, in the unit of the sampler's own ``n``; larger than before.

        Returns
        -------
        Design
            With every point of this one, in its place; what else it promises is ``design.extension``.

        Raises
        ------
        DesignError
            If the method cannot keep the points, or not for this ``n``, or ``n`` is not larger, or too large.
        """
        if self._longer is None:
            _never_longer(self, n)
        size = self.options.get("n")
        if not is_int(n) or (size is not None and n <= size):
            raise DesignError(f"extend takes the new size, an int larger than n={size!r}, got {n!r}")
        check_size(int(n), self.method, len(self) // size if size else 1)
        longer = self._longer(self, int(n))
        if len(longer) <= len(self) or not np.array_equal(longer.unit[: len(self)], self.unit):
            raise DesignError(
                f"the longer {self.method} design does not begin with this one: it was probably made "
                "with another version of its library; make a new design instead"
            )
        return longer

    def configurations(
        self,
        model_cls: Callable[..., Any],
        *,
        replications: int = 1,
        rng: RNG = None,
        seed_policy: SeedPolicy | None = None,
        max_steps: int = 1000,
        data_collection_period: int = -1,
        outputs: Outputs | None = None,
        scenario_cls: type | None = None,
    ) -> Configurations:
        """Return all runs of this design, made lazily.

        Parameters
        ----------
        model_cls : type or callable
            A Mesa model class, a factory that returns a model, or a function ``parameters -> mapping``.
        replications : int, default 1
            Runs a design point.
        rng : int, SeedSequence, Generator or None
            Decides all seeds; None takes fresh entropy.
        seed_policy : {"independent", "common", "block", "fixed"}, optional
            How seeds meet design points. By default ``"block"`` where the design has blocks, else
            ``"independent"``; the choice is printed. See the page *Seeds and replications* of the docs.
        max_steps, data_collection_period, outputs, scenario_cls
            As in :class:`RunConfiguration`.

        Returns
        -------
        Configurations
            ``len(design) * replications`` runs, ordered by point, then replication.

        Raises
        ------
        ConfigurationError
            If a setting is wrong, or replications would be the same run again.
        """
        policy = chosen_policy(seed_policy, self.default_seed_policy, self.method)
        check_replications(policy, replications)
        if policy == "independent" and self.blocks is not None and has_merged_runs(self):
            warn(
                "seed_policy='independent': twins of this design were merged, and would have had seeds of "
                f"their own: {ONE_NOISE}"
            )
        return self._configurations(
            model_cls,
            root_entropy(rng),
            policy,
            replications=replications,
            max_steps=max_steps,
            data_collection_period=data_collection_period,
            outputs=outputs,
            scenario_cls=scenario_cls,
        )

    def configurations_like(self, configurations: Configurations) -> Configurations:
        """Return all runs of this design with the model, the seeds and the settings of another's.

        Where both designs begin with the same points, so do the runs: those of a longer design continue
        the study of the shorter one.

        Parameters
        ----------
        configurations : Configurations

        Returns
        -------
        Configurations
        """
        return self._configurations(
            configurations.model_cls,
            configurations.seeds.root,
            configurations.seed_policy,
            replications=configurations.replications,
            max_steps=configurations.max_steps,
            data_collection_period=configurations.data_collection_period,
            outputs=configurations.outputs,
            scenario_cls=configurations.scenario_cls,
        )

    def _configurations(
        self, model_cls: Callable[..., Any], root: int, policy: Any, **settings: Any
    ) -> Configurations:
        if self.seed_levels is not None:
            units = self.seed_levels
        else:
            units = seed_units(policy, len(self), self.blocks)
        return Configurations(
            model_cls,
            {
                **{name: self._points[name].to_numpy() for name in self.space.names},
                **self.space.derived_columns(self._points),
            },
            constants=self.space.constants,
            seeds=SeedPlan(root, units, policy),
            design=self,
            **settings,
        )

    def describe(self) -> Description:
        """Tell what can be told before anything is run: sizes, promises, twins, evenness, correlation.

        Returns
        -------
        Description
            Printed as a table of lines; each is an attribute too.

        Examples
        --------
        >>> from mesa_doe.space import ParameterSpace, Real
        >>> design = Design(ParameterSpace(x=Real(0, 1)), [[0.25], [0.75]], method="mine", options={})
        >>> design.describe().distance
        0.5
        """
        return describe(self)

    def cost(self, replications: int = 1, *, seconds_per_run: float | None = None, n_jobs: int = 1) -> Cost:
        """Tell how many runs the design takes, and how long.

        Parameters
        ----------
        replications : int, default 1
            Runs a design point.
        seconds_per_run : float, optional
            Of one run, as measured; without it no time is told.
        n_jobs : int, default 1
            How many runs at once, as in joblib: -1 is all processors.

        Returns
        -------
        Cost
            With ``points``, ``runs`` and ``seconds``: the least, without the time of starting and writing.

        Raises
        ------
        DesignError
            If a number is wrong.
        ConfigurationError
            If replications would be the same run again.

        Examples
        --------
        >>> from mesa_doe.space import ParameterSpace, Real
        >>> design = Design(ParameterSpace(x=Real(0, 1)), [[0.25], [0.75]], method="mine", options={})
        >>> design.cost(replications=100, seconds_per_run=3)
        2 points × 100 replications = 200 runs: at least 10 min (3 s a run, 1 at once)
        """
        check_replications(self.default_seed_policy, replications)
        return cost_of(len(self), replications, seconds_per_run, n_jobs)

    def plot(self, factors: Sequence[str] | None = None, *, title: str | None = None) -> Array:
        """Draw the points as seen from every pair of factors, and how often each value comes.

        Parameters
        ----------
        factors : sequence of str, optional
            Which, at most eight; by default all.
        title : str, optional

        Returns
        -------
        ndarray of matplotlib.axes.Axes (factors, factors)
            Scatter plots below the diagonal, with levels spread sideways; histograms on it.

        Raises
        ------
        DesignError
            If there are more than eight factors, or a name is none of them.
        """
        frame, levels, logarithmic = drawable(self.space, self._points, factors)
        return pair_grid(frame, levels=levels, logarithmic=logarithmic, title=title)

    def subset(self, which: Any) -> Design:
        """Return some of the points.

        Parameters
        ----------
        which : array_like of bool (points,), positions, slice, str or callable
            A truth a point; or which points, in the order wanted; or a condition on the parameters, an
            expression or a function of columns as in ``ParameterSpace(constraints=[...])``.

        Returns
        -------
        Design
            Of the method ``"subset"``, which no analysis takes for the whole. Points keep values, blocks
            and seed levels, so under the seed policy ``"block"`` a run has the seed that it has in the whole.

        Raises
        ------
        DesignError
            If no point is left, or it is not clear which are meant.

        Examples
        --------
        >>> from mesa_doe.space import Integer, ParameterSpace
        >>> design = Design(ParameterSpace(n=Integer(1, 4)), [[0.0], [0.6], [1.0]], method="mine", options={})
        >>> design.subset("n > 1").points["n"].tolist()
        [3, 4]
        """
        rows = chosen_rows(which, self.space, self._points)
        return part_of(self, rows, self.blocks, method="subset", which=told(which))

    def deduplicate(self, *, across_blocks: bool = False) -> Design:
        """Return each point once: run once, it answers for all its twins.

        Integers and categories make twins: in a Saltelli block, a factor that moves within one level gives
        the same point again. ``results.sensitivity`` of the shorter design analyses the whole one.

        Parameters
        ----------
        across_blocks : bool, default False
            Whether twins in different blocks are one too, as for models without noise. Within a block they
            share a seed by default, so merging them changes nothing; across blocks, without blocks and under
            ``seed_policy="independent"`` they do not, and one noise answers for all of them.

        Returns
        -------
        Design
            Of the method ``"deduplicate"``; ``origin`` is this design, and ``twin_of`` says which of the
            new points each of its points is.

        Raises
        ------
        DesignError
            If ``across_blocks`` is neither True nor False.

        Warns
        -----
        MesaDoeWarning
            If twins are merged that would have had seeds of their own, the design having no blocks, and
            ``across_blocks=True`` does not say that the model has no noise. Analyses of given data then take
            the points that are left as the independent ones.

        Examples
        --------
        >>> from mesa_doe.space import Integer, ParameterSpace
        >>> design = Design(ParameterSpace(n=Integer(1, 2)), [[0.0], [0.9], [0.2]], method="mine", options={})
        >>> once = design.deduplicate(across_blocks=True)
        >>> once.points["n"].tolist(), once.twin_of.tolist()
        ([1, 2], [0, 1, 0])
        """
        once = deduplicated(self, across_blocks=check_bool(across_blocks, "deduplicate", "across_blocks"))
        if has_merged_runs(once) and self.blocks is None and self.seed_levels is None:
            warn(
                f"deduplicate merged {len(self)} points to {len(once)}, but without blocks twins have seeds "
                f"of their own: {ONE_NOISE}"
            )
        return once

    def repeat_center(self, k: int, *, at: Mapping[str, Any] | None = None) -> Design:
        """Return the design with k points at the middle of the cube behind its own.

        Their spread is that of the model's own noise, and their mean tells whether the response is curved.

        Parameters
        ----------
        k : int
            How many, from 1.
        at : mapping of str to object, optional
            The levels of Categorical and Boolean axes, which have no middle.

        Returns
        -------
        Design
            Of the method ``"repeat_center"``. Where the design has blocks, each of the points is its own.

        Raises
        ------
        DesignError
            If ``k`` is no int from 1, an axis without a middle is not in ``at``, the middle breaks a
            constraint, or the seed is a factor.

        Examples
        --------
        >>> from mesa_doe.space import ParameterSpace, Real
        >>> design = Design(ParameterSpace(x=Real(0, 4)), [[0.0], [1.0]], method="mine", options={})
        >>> design.repeat_center(2).points["x"].tolist()
        [0.0, 4.0, 2.0, 2.0]
        """
        return with_center(self, k, at)

    def to_csv(self, path: str | os.PathLike[str]) -> None:
        """Save the design as a CSV file of its points, with a side file of all the rest.

        Parameters
        ----------
        path : str or path
            A column a factor, as read in a spreadsheet. Method, options, space, groups and the unit sample,
            to the last digit, go to a JSON file beside it, ``plan.csv.json`` for ``plan.csv``: move both
            together. Files that are there are written over.

        Raises
        ------
        DesignError, SpaceError
            If an option, a level or a law would come back as something else, or a constraint is a function.
        """
        write_csv(self, path)

    def to_parquet(self, path: str | os.PathLike[str]) -> None:
        """Save the design as one Parquet file.

        Parameters
        ----------
        path : str or path
            Of columns ``point``, the factors (levels as text) and ``unit:`` and the factor; the rest is in
            the metadata of the schema. A file that is there is written over.

        Raises
        ------
        DesignError, SpaceError
            As :meth:`to_csv`.
        MissingDependencyError
            If pyarrow is not installed.
        """
        write_parquet(self, path)

    @classmethod
    def from_csv(cls, path: str | os.PathLike[str], *, longer: Mapping[str, Longer] | None = None) -> Design:
        """Read the design that :meth:`to_csv` saved; ``doe.load_design`` reads one that can be extended too.

        Nothing of the files is executed. The points run are those of the saved sample; the CSV file must
        show the same, row by row, to nine digits, so that a spreadsheet that cuts the last ones does no harm.

        Parameters
        ----------
        path : str or path
        longer : mapping of str to callable, optional
            What :meth:`extend` calls, by method.

        Returns
        -------
        Design

        Raises
        ------
        DesignError
            If a file is missing or damaged, or the points were changed: the first difference is named.
        """
        return cls._read(read_csv(path), longer)

    @classmethod
    def from_parquet(
        cls, path: str | os.PathLike[str], *, longer: Mapping[str, Longer] | None = None
    ) -> Design:
        """Read the design that :meth:`to_parquet` saved; see :meth:`from_csv`.

        Parameters
        ----------
        path : str or path
        longer : mapping of str to callable, optional

        Returns
        -------
        Design

        Raises
        ------
        DesignError
            If the file is missing or damaged, or its points were changed.
        MissingDependencyError
            If pyarrow is not installed.
        """
        return cls._read(read_parquet(path), longer)

    @classmethod
    def _read(cls, settings: dict[str, Any], longer: Mapping[str, Longer] | None) -> Design:
        known = longer or {}
        return cls(**settings, longer=known.get(settings["method"], _never_longer))


def _never_longer(design: Design, _: int) -> NoReturn:
    if design.extension == "none":
        raise DesignError(
            f"a {design.method} design cannot be extended: a longer one has other points. Choose its size "
            "beforehand, or use sobol, whose longer designs begin with the shorter ones"
        )
    raise DesignError(
        f"this {design.method} design was read from a file without the sampler that would make it longer; "
        "read it by doe.load_design(path)"
    )
