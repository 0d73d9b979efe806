"""``Design``: the checked points of an experiment, in their order, and what can be done with them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Literal, TypeAlias, get_args

import numpy as np
import pandas as pd

from mesa_doe.configurations import Configurations, Outputs
from mesa_doe.errors import ConfigurationError, DesignError, listed
from mesa_doe.seeding import RNG, SeedPlan, SeedPolicy, root_entropy, seed_units
from mesa_doe.space import ParameterSpace
from mesa_doe.space.groups import Groups, read_groups

__all__ = ["SEED_FACTOR", "Design", "Extension"]

#: Name of the seed where it is a factor of the design.
SEED_FACTOR = "seed"

_WHY_POLICY = {
    "block": "one seed for all rows of one block of the {method} design, another for each replication",
    "independent": "every run its own seed",
}

#: What a longer design promises; each keeps the points that were there. `nested`: it is the one that the
#: sampler makes of the larger n, and as even. `augmented`: the union has the property of the method, though
#: it is not what the sampler would make at once. `independent`: the new points are further draws.
Extension: TypeAlias = Literal["nested", "augmented", "independent", "none"]

FloatArray: TypeAlias = np.ndarray[Any, np.dtype[np.float64]]
IntArray: TypeAlias = np.ndarray[Any, np.dtype[np.int64]]


class Design:
    """The points of an experiment: what a sampler returns, checked.

    Made by the samplers (``doe.sobol``, ``doe.latin_hypercube``, …). The constructor is the gate that
    each sample passes, so it may be called with a sample of your own too.

    Parameters
    ----------
    space : ParameterSpace
    unit : array_like (points, factors)
        The sample in the unit cube, in the order in which it is to be analysed.
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
        Native values: ints stay ints, levels keep their objects.
    unit : ndarray (points, factors)
    factors : tuple of str
        Names of the columns of ``unit``: the space's, and ``"seed"`` where the seed is a factor.
    extension : str
        ``"nested"``: a longer design is the one that the sampler makes of the larger n, and as even;
        ``"augmented"``: old and new points together have the property of the method; ``"independent"``:
        new points are further draws; ``"none"``: it cannot be extended.

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
            message = (
                f"extension takes {', '.join(sorted(get_args(Extension)))}, and all but 'none' need longer=, "
                f"got {extension!r}"
            )
            raise DesignError(message)
        self.space = space
        self.method = method
        self.options: Mapping[str, Any] = MappingProxyType(dict(options))
        self.factors = (*space.names, SEED_FACTOR) if seed_levels is not None else space.names
        self.unit = self._checked_unit(unit, rows)
        self.blocks = self._checked_ints("blocks", blocks)
        self.seed_levels = self._checked_ints("seed_levels", seed_levels)
        self.extension = extension
        self._longer = longer
        self._groups = None if groups is None else read_groups(groups, self.factors, method)
        self._points = space.from_unit(self.unit[:, : len(space)]) if points is None else points.copy()
        if (*self._points.columns,) != space.names or len(self._points) != len(self.unit):
            message = (
                f"points must have the columns {space.names!r} and {len(self.unit)} rows, "
                f"got {(*self._points.columns,)!r} and {len(self._points)}"
            )
            raise DesignError(message)
        if space.constraints and not space.satisfied(self._points).all():
            message = (
                f"points of a {method} design break the constraints of the space, and none can be left out "
                "of its pattern; use monte_carlo, sobol_sequence or halton, which draw such points again. "
            )
            raise DesignError(message + listed(space.problems_of(self._points), "the points have problems"))

    def _checked_unit(self, unit: Any, rows: int | None) -> FloatArray:
        where = f"the {self.method} sample"
        try:
            array = np.array(unit, dtype=np.float64)
        except (TypeError, ValueError) as error:
            message = f"{where} must be an array of numbers: {error}"
            raise DesignError(message) from error
        if array.ndim != 2 or array.shape[1] != len(self.factors):
            message = f"{where} must have one column a factor ({len(self.factors)}), got shape {array.shape}"
            raise DesignError(message)
        if len(array) == 0 or (rows is not None and len(array) != rows):
            message = f"{where} must have {rows or 'at least one'} points, got {len(array)}"
            raise DesignError(message)
        if not np.isfinite(array).all() or array.min(initial=0.0) < 0.0 or array.max(initial=0.0) > 1.0:
            bad = np.argwhere(~((array >= 0.0) & (array <= 1.0)))[0]
            message = (
                f"{where} must lie in the unit cube, got {float(array[tuple(bad)])!r} for factor "
                f"{self.factors[bad[1]]!r} of point {bad[0]}"
            )
            raise DesignError(message)
        array.setflags(write=False)
        return array

    def _checked_ints(self, name: str, values: Any) -> IntArray | None:
        if values is None:
            return None
        array = np.array(values)
        if array.dtype.kind not in "iu" or array.min(initial=0) < 0:
            message = f"{name} takes ints from 0, one a point, got {values!r}"
            raise DesignError(message)
        array = array.astype(np.int64)
        if array.shape != (len(self.unit),):
            message = f"{name} must have one entry a point ({len(self.unit)}), got shape {array.shape}"
            raise DesignError(message)
        array.setflags(write=False)
        return array

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
        said = ("entropy",) if self.groups is None else ("entropy", "groups")
        options = ", ".join(f"{name}={value!r}" for name, value in self.options.items() if name not in said)
        groups = "" if self.groups is None else f" in {len(self.groups)} groups ({_written(self.groups)})"
        return (
            f"<Design: {len(self)} points of {len(self.factors)} factors{groups}, {self.method}({options})>"
        )

    @property
    def points(self) -> pd.DataFrame:
        """Native values, one row a point (index ``point``): a copy, so that no change of it is run unseen."""
        return self._points.copy()

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
            If the method cannot keep the points, or not for this ``n``, or ``n`` is not larger.
        """
        if self._longer is None:
            message = (
                f"a {self.method} design cannot be extended: a longer one has other points. "
                "Choose its size beforehand, or use sobol, whose longer designs begin with the shorter ones"
            )
            raise DesignError(message)
        size = self.options.get("n")
        if isinstance(n, bool) or not isinstance(n, (int, np.integer)) or (size is not None and n <= size):
            message = f"extend takes the new size, an int larger than n={size!r}, got {n!r}"
            raise DesignError(message)
        longer = self._longer(self, int(n))
        if len(longer) <= len(self) or not np.array_equal(longer.unit[: len(self)], self.unit):
            message = (
                f"the longer {self.method} design does not begin with this one: it was probably made "
                "with another version of its library; make a new design instead"
            )
            raise DesignError(message)
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
        if seed_policy is None:
            policy = self.default_seed_policy
            if policy in _WHY_POLICY:
                why = _WHY_POLICY[policy].format(method=self.method)
                print(f"seed_policy={policy!r}: {why} (the default for {self.method})")
        elif self.seed_levels is not None:
            message = (
                f"the seed is a factor of this design, so no seed_policy applies, got {seed_policy!r}; "
                "leave it out, or make the design with seed_factor=False"
            )
            raise ConfigurationError(message)
        else:
            policy = seed_policy
        self._check_replications(policy, replications)
        if self.seed_levels is not None:
            units = self.seed_levels
        else:
            units = seed_units(policy, len(self), self.blocks)  # type: ignore[arg-type]
        return Configurations(
            model_cls,
            {
                **{name: self._points[name].to_numpy() for name in self.space.names},
                **self.space.derived_columns(self._points),
            },
            constants=self.space.constants,
            replications=replications,
            seeds=SeedPlan(root_entropy(rng), units, policy),
            max_steps=max_steps,
            data_collection_period=data_collection_period,
            outputs=outputs,
            scenario_cls=scenario_cls,
            design=self,
        )

    def _check_replications(self, policy: str, replications: Any) -> None:
        if not isinstance(replications, (int, np.integer)) or replications <= 1:
            return
        if policy == "factor":
            message = (
                f"the seed is a factor of this design: each point already names its seed, so {replications} "
                "replications would be the same run again; use replications=1 and a larger n"
            )
            raise ConfigurationError(message)
        if policy == "fixed":
            message = (
                f"seed_policy='fixed' gives every run the same seed, so {replications} replications would "
                "be the same run again; use replications=1, or seed_policy='common'"
            )
            raise ConfigurationError(message)


def _written(groups: Groups) -> str:
    return "; ".join(f"{name}: {', '.join(members)}" for name, members in groups.items())
