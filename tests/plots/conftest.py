from __future__ import annotations

from collections.abc import Iterator

import matplotlib
import numpy as np
import pandas as pd
import pytest

matplotlib.use("Agg")

NAMES = (
    "density",
    "homophily",
    "minority_share",
    "radius",
    "wealth_tax_rate",
    "vision_range",
    "metabolism_max",
    "initial_population",
    "grass_regrowth_time",
    "reproduction_probability",
    "network_kind",
    "seed",
)


@pytest.fixture(autouse=True)
def leave_no_trace() -> Iterator[None]:
    """Every plot leaves rcParams as they were; new figures are closed."""
    import matplotlib.pyplot as plt

    before = dict(matplotlib.rcParams)
    yield
    after = dict(matplotlib.rcParams)
    plt.close("all")
    assert after == before


@pytest.fixture
def indices() -> pd.DataFrame:
    """First- and total-order indices of twelve factors, with asymmetric intervals."""
    rng = np.random.default_rng(7)
    rows = []
    for factor in NAMES:
        for measure in ("S1", "ST"):
            estimate = rng.uniform(-0.05, 0.4)
            low, high = estimate - rng.uniform(0.01, 0.1), estimate + rng.uniform(0.01, 0.3)
            rows.append((factor, measure, estimate, low, high))
    return pd.DataFrame(rows, columns=["factor", "measure", "estimate", "low", "high"])


@pytest.fixture
def pairs() -> pd.DataFrame:
    """Second-order indices of each pair of twelve factors."""
    rng = np.random.default_rng(8)
    rows = [(a, b, rng.normal(0, 0.1)) for i, a in enumerate(NAMES) for b in NAMES[i + 1 :]]
    return pd.DataFrame(rows, columns=["factor", "partner", "estimate"])


@pytest.fixture
def runs() -> pd.DataFrame:
    """Values of nine runs over thirty steps."""
    rng = np.random.default_rng(9)
    values = rng.normal(size=(9, 30)).cumsum(axis=1)
    index = pd.MultiIndex.from_product([range(9), range(30)], names=["run_id", "step"])
    return pd.Series(values.ravel(), index=index, name="value").reset_index()
