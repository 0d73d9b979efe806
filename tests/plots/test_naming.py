import numpy as np
import pandas as pd

from mesa_doe import plots
from mesa_doe.plots import naming
from tests.plots.drawn import axes, x_labels, y_labels


def test_long_levels_that_begin_alike_have_labels_that_differ():
    levels = [f"a subsidy for farmers of the {name} valley" for name in ("upper", "lower")]
    told = ["a subsidy f…pper valley", "a subsidy f…ower valley"]
    kind = pd.Series(levels * 2, name="kind")
    assert x_labels(plots.scatter(kind, [1.0, 2, 3, 4], ax=axes())) == told[::-1]
    means = pd.DataFrame({"factor": "kind", "level": levels, "mean": [1.0, 2], "low": np.nan, "high": np.nan})
    assert x_labels(plots.main_effects(means, ax=axes())) == told
    points = pd.DataFrame({"x": [1.0, 2], "kind": levels})
    assert y_labels(plots.failures(points, [True, False], ax=axes(), x="x", y="kind")) == told[::-1]
    # One of them alone says more by its beginning.
    assert naming.level_names(levels[:1]) == ["a subsidy for farmers o…"]
