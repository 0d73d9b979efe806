"""What tests of several analyses have in common."""

import warnings

import numpy as np

import mesa_doe as doe
from tests import models

COLUMNS = ["estimate", "low", "high"]
#: Of sums in another order than the library's.
LOOSE = {"rtol": 1e-9, "atol": 1e-12}
#: SALib's view of ``unit_space(3)``.
PROBLEM = {"num_vars": 3, "names": ["a", "b", "c"], "bounds": [[0, 1]] * 3}
#: That of ``models.noisy``.
NOISY_SPACE = doe.ParameterSpace(dict.fromkeys(("a", "b", "inert"), doe.Real(0, 1)))


def unit_space(d):
    return doe.ParameterSpace({f"x{i}": doe.Real(0, 1) for i in range(d)})


def lettered_space(d=3):
    return doe.ParameterSpace({name: doe.Real(0, 1) for name in "abcdefghijklmnop"[:d]})


def angles():
    """Ishigami's axes."""
    return doe.ParameterSpace({f"x{k}": doe.Real(-np.pi, np.pi) for k in (1, 2, 3)})


def ishigami(design):
    return np.array([models.ishigami(*row)["y"] for row in design.points.to_numpy()])


def made(space, unit):
    """A design of points that no sampler made."""
    return doe.Design(space, unit, method="mine", options={})


def some_outputs(design):
    """Three outputs: with an interaction, far from zero, and curved."""
    u = design.unit
    return np.column_stack([u[:, 0] + u[:, 1] * u[:, -1], np.exp(3 * u[:, 0]) + 50, u.sum(axis=1) ** 2])


def quiet(analysis, design, y, **options):
    """What an analysis finds, without what it says."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", doe.MesaDoeWarning)
        return analysis(design, y, **options)


def estimates(result, output, measure):
    rows = result.to_frame()
    return rows.loc[(rows["output"] == output) & (rows["measure"] == measure), "estimate"].to_numpy()


def noisy_runs(design, policy, replications):
    """Results of ``models.noisy``."""
    configurations = design.configurations(models.noisy, rng=2, seed_policy=policy, replications=replications)
    return doe.BatchRunner(configurations).run_all()


def rows(result, measure, output="y"):
    """Estimates and ends of intervals, by factor."""
    frame = result.to_frame().query("measure == @measure and output == @output")
    return frame.set_index("factor")[COLUMNS]
