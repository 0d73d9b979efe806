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
FRAMES = (
    *("indices", "pairs", "runs", "morris", "courses", "growing", "changes", "curves", "level_means"),
    *("pair_means", "effects", "points", "replicated"),
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


@pytest.fixture
def morris(indices: pd.DataFrame) -> pd.DataFrame:
    """Elementary effects of twelve factors."""
    names = indices["measure"].map({"S1": "mu_star", "ST": "sigma"})
    return indices.assign(measure=names, estimate=indices["estimate"].abs())


@pytest.fixture
def courses(indices: pd.DataFrame) -> pd.DataFrame:
    """Indices of twelve factors at three steps."""
    return pd.concat([indices.assign(step=step) for step in range(3)], ignore_index=True)


@pytest.fixture
def growing(indices: pd.DataFrame) -> pd.DataFrame:
    """One index of twelve factors at three sizes of the sample."""
    first = indices[indices["measure"] == "S1"].drop(columns="measure")
    frame = pd.concat([first.assign(size=size) for size in (64, 128, 256)], ignore_index=True)
    return frame[["size", "factor", "estimate", "low", "high"]]


@pytest.fixture
def changes(indices: pd.DataFrame) -> pd.DataFrame:
    """Least and greatest changes of the output with each of twelve factors."""
    return indices.assign(measure=indices["measure"].map({"S1": "least", "ST": "greatest"}))


@pytest.fixture
def curves() -> pd.DataFrame:
    """An output over the ranges of twelve factors."""
    rows = [(name, place, 10 + k * place) for k, name in enumerate(NAMES) for place in (0.0, 0.5, 1.0)]
    return pd.DataFrame(rows, columns=["factor", "position", "output"])


@pytest.fixture
def level_means(indices: pd.DataFrame) -> pd.DataFrame:
    """Means of the output at two levels of twelve factors."""
    return indices.rename(columns={"measure": "level", "estimate": "mean"})


@pytest.fixture
def pair_means(level_means: pd.DataFrame) -> pd.DataFrame:
    """Means of the output at two levels of one factor and twelve of another."""
    return level_means.rename(columns={"factor": "trace"})


@pytest.fixture
def effects(indices: pd.DataFrame) -> pd.DataFrame:
    """Main effects of twelve factors."""
    return indices[indices["measure"] == "S1"].drop(columns="measure").reset_index(drop=True)


@pytest.fixture
def points() -> pd.DataFrame:
    """Two hundred points of twelve factors, one of levels, and their output ``a_long_output_name``."""
    rng = np.random.default_rng(9)
    frame = pd.DataFrame(rng.uniform(size=(200, len(NAMES))), columns=NAMES)
    frame["network_kind"] = np.array(["a_network_with_a_long_name", "ring"])[rng.integers(0, 2, 200)]
    return frame.assign(a_long_output_name=rng.normal(size=200))


@pytest.fixture
def replicated() -> pd.DataFrame:
    """An output of five points with three replications over twenty steps."""
    values = np.random.default_rng(9).normal(size=(5, 3, 20))
    index = pd.MultiIndex.from_product(map(range, values.shape), names=["point", "iteration", "step"])
    return pd.Series(values.ravel(), index=index, name="value").reset_index()


@pytest.fixture
def data(request: pytest.FixtureRequest) -> dict[str, pd.DataFrame]:
    """All these frames, by name."""
    return {name: request.getfixturevalue(name) for name in FRAMES}
