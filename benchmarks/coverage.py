"""How often the 95 % intervals of analyses hold the true value: ``make coverage``.

The truth is known in closed form, or on the levels of the design by enumeration; each row repeats the design
and the noise with 200 seeds. ``python benchmarks/coverage.py morris "sobol, janon"`` makes some rows alone.

- *width*: the mean width of the intervals, in that of the middle 95 % of a normal law with the standard
  deviation of the 200 estimates. 2 is twice as wide as need be.
- *bias*: of the mean of the estimates, in per cent of the truth, or as it is where the truth is 0.
"""

import functools
import itertools
import sys
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats
from scipy.signal import fftconvolve

import mesa_doe as doe

DESIGNS = 200
FACTORS = 3
SPACE = doe.ParameterSpace({f"x{k}": doe.Real(0, 1) for k in range(FACTORS)})
NORMAL = doe.ParameterSpace({f"x{k}": stats.norm() for k in range(2)})
ISHIGAMI_S1, ISHIGAMI_ST = [0.313905, 0.442411, 0.0], [0.557589, 0.442411, 0.243684]
ISHIGAMI_S2 = [0.0, 0.243684, 0.0]
ISHIGAMI_SHAPLEY = [0.435747, 0.442411, 0.121842]
# Kucherenko et al. 2009, in units of the range.
ISHIGAMI_NU = (np.array([7.71959, 24.5, 10.98731]) * (2 * np.pi) ** 2).tolist()
QUADRATIC_NU = [8 / 3, 8 / 3, 4 / 3]
ISHIGAMI_BOUND = [2.230355, 7.078578, 3.174469]
WEIGHTS = np.array([2.0, 1.0, 0.5])
VARIANCES = WEIGHTS**2 / 12
ADDITIVE = (VARIANCES / VARIANCES.sum()).tolist()
NOISE = 0.5
OF_RUNS = VARIANCES.sum() + NOISE**2
LEVELS = np.array([0, 1, 2, 3]) / 3

Model = Callable[[np.ndarray, np.random.Generator], np.ndarray]


def ishigami(u: np.ndarray, _: Any = None) -> np.ndarray:
    x = np.pi * (2 * u - 1)
    return np.sin(x[:, 0]) + 7 * np.sin(x[:, 1]) ** 2 + 0.1 * x[:, 2] ** 4 * np.sin(x[:, 0])


def noisy(u: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Four replications with independent seeds, whose noise analyses take away or average."""
    return (u @ WEIGHTS)[:, None, None] + rng.normal(0, NOISE, (len(u), 4, 1))


def noisy_once(u: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    return u @ WEIGHTS + rng.normal(0, NOISE, len(u))


def sloping(u: np.ndarray, rng: np.random.Generator, seeds: int = 4) -> np.ndarray:
    """Replications, of which each has slopes of its own, the same at all points."""
    return (u @ (WEIGHTS + rng.normal(0, NOISE, (seeds, FACTORS))).T)[:, :, None]


def quadratic(u: np.ndarray, _: Any = None) -> np.ndarray:
    return (u**2).sum(axis=1) + u[:, 0] * u[:, 1]


def skewed(u: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Four replications of a gamma law of the first factor, with noise."""
    return stats.gamma(2).ppf(u[:, :1])[:, :, None] + rng.normal(0, NOISE, (len(u), 4, 1))


def of_normals(u: np.ndarray, _: np.random.Generator) -> np.ndarray:
    return stats.norm.ppf(u) @ [2.0, 1.0]


def elementary() -> dict[str, list[float]]:
    """Return what Morris's measures are of Ishigami's function on four levels: of every step there is."""
    points = np.array(list(itertools.product(LEVELS, repeat=FACTORS)))
    found = []
    for k in range(FACTORS):
        low = points[points[:, k] < 0.5]
        effects = (ishigami(low + 2 / 3 * np.eye(FACTORS)[k]) - ishigami(low)) / (2 / 3)
        found.append((effects.mean(), np.abs(effects).mean(), effects.std()))
    return dict(zip(("mu", "mu_star", "sigma"), map(list, zip(*found, strict=True)), strict=True))


def apart(density: np.ndarray, given: list[np.ndarray]) -> float:
    """Return delta, half the mean distance of a density from those given the values of a factor."""
    return float(np.mean([np.abs(density - one).sum() / 2 for one in given]))


def additive_delta() -> list[float]:
    """Return delta of the additive model with noise, whose density is a convolution."""
    step = 0.01
    y = np.arange(-4, 8, step)

    def of(weights: list[float]) -> np.ndarray:
        density = stats.norm.pdf(y, 0, NOISE) * step
        for weight in weights:
            cells = round(weight / step)
            density = np.convolve(density, np.full(cells, 1 / cells))[: len(y)]
        return density

    whole, weights = of(WEIGHTS.tolist()), WEIGHTS.tolist()
    rest = [of([other for other in weights if other != weight]) for weight in weights]
    return [
        apart(whole, [np.roll(one, k) for k in range(round(weight / step))])
        for one, weight in zip(rest, weights, strict=True)
    ]


def ishigami_delta() -> list[float]:
    """Return delta of Ishigami's function: the sum of a part of x1 and x3, and one of x2; to 0.0005."""
    cells, low, high = 4000, -12.0, 20.0
    step, zero = (high - low) / cells, round(-low / (high - low) * cells)
    few, many = (np.pi * (2 * (np.arange(count) + 0.5) / count - 1) for count in (500, 2**15))

    def of(values: np.ndarray) -> np.ndarray:
        return np.histogram(values, cells, (low, high))[0] / len(values)

    def plus(one: np.ndarray, other: np.ndarray) -> np.ndarray:
        return fftconvolve(one, other)[zero : zero + cells]

    second = of(7 * np.sin(many) ** 2)
    given_x1 = [of(np.sin(x) * (1 + 0.1 * many**4)) for x in few]
    given_x3 = [of(np.sin(many) * (1 + 0.1 * x**4)) for x in few]
    first = (np.mean(given_x1, axis=0) + np.mean(given_x3, axis=0)) / 2
    whole = plus(first, second)
    shifts = np.rint(7 * np.sin(few) ** 2 / step).astype(int)
    return [
        apart(whole, [plus(one, second) for one in given_x1]),
        apart(whole, [np.roll(first, k) for k in shifts]),
        apart(whole, [plus(one, second) for one in given_x3]),
    ]


def described(design: doe.Design, y: np.ndarray, *, rng: int, **_: Any) -> pd.DataFrame:
    """Return the rows of `uncertainty` with the columns of an analysis."""
    found = doe.analyze.uncertainty(y[:, :, 0], design=design, quantiles=[0.5], rng=rng)
    rows = found.to_frame().query("of == 'runs'")
    return rows.rename(columns={"statistic": "measure"}).assign(partner="", factor="")


def split(_: doe.Design, y: np.ndarray, *, rng: int, **options: Any) -> pd.DataFrame:
    """Return the rows of `split_variance` with the columns of an analysis."""
    rows = doe.analyze.split_variance(y, rng=rng, **options).to_frame().drop(columns="variance")
    names = {"share": "estimate", "share_low": "low", "share_high": "high", "source": "factor"}
    return rows.rename(columns=names).assign(partner="", measure="share")


@dataclass(frozen=True)
class Case:
    """Rows of the table: one a size and a measure."""

    analysis: str
    model: str
    sample: Callable[..., doe.Design]
    analyse: Callable[..., Any]
    run: Model
    sizes: tuple[int | None, ...]
    truth: Mapping[str, list[float]]
    options: Mapping[str, Any] = field(default_factory=dict)
    space: doe.ParameterSpace = field(default_factory=lambda: SPACE)


INDEPENDENT = {"seed_policy": "independent"}
COMMON = {"seed_policy": "common"}
OF_NOISE = "additive, noisy"
OF_SLOPES = "additive, slopes of the seed"


def sobol(estimator: str) -> Case:
    truth = {"S1": ISHIGAMI_S1, "ST": ISHIGAMI_ST}
    label, options = f"sobol, {estimator}", {"estimator": estimator}
    return Case(label, "Ishigami", second_order, doe.analyze.sobol, ishigami, (256, 1024), truth, options)


def second_order(space: doe.ParameterSpace, n: int, rng: int) -> doe.Design:
    return doe.sobol(space, n, rng=rng, second_order=True)


def by_chance(run: Model, points: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Run Saltelli's blocks of points that are drawn by chance, in place of those of a sequence."""
    A, B = rng.random((2, len(points) // (FACTORS + 2), FACTORS))
    mixed = [np.where(np.arange(FACTORS) == k, B, A) for k in range(FACTORS)]
    return run(np.stack([A, *mixed, B], axis=1).reshape(-1, FACTORS), rng)


def of_step(delta: float) -> list[Case]:
    """Return what nu is of differences over a longer or shorter step."""
    sample = functools.partial(doe.finite_difference, delta=delta)
    name = f"dgsm, step {delta:g}"
    return [
        Case(name, "Ishigami", sample, A.dgsm, ishigami, (1024,), {"nu": ISHIGAMI_NU}),
        Case(name, "quadratic", sample, A.dgsm, quadratic, (1024,), {"nu": QUADRATIC_NU}),
    ]


def of_seeds(count: int) -> Case:
    """Return what common seeds do to intervals of Sobol indices."""
    run = functools.partial(sloping, seeds=count)
    name, model = f"sobol, {count} common seeds", OF_SLOPES
    return Case(name, model, doe.sobol, A.sobol, run, (256,), {"S1": ADDITIVE, "ST": ADDITIVE}, COMMON)


def factorial(space: doe.ParameterSpace, *_: Any, **__: Any) -> doe.Design:
    return doe.two_level_factorial(space)


def composite(space: doe.ParameterSpace, *_: Any, **__: Any) -> doe.Design:
    return doe.central_composite(space)


A: Any = doe.analyze
CASES = [
    Case("sobol", "Ishigami", doe.sobol, A.sobol, ishigami, (8, 16, 64, 256, 512, 1024, 4096),
         {"S1": ISHIGAMI_S1, "ST": ISHIGAMI_ST}),
    Case("sobol", OF_NOISE, doe.sobol, A.sobol, noisy, (64, 256, 1024), {"S1": ADDITIVE, "ST": ADDITIVE},
         INDEPENDENT),
    Case("sobol, points by chance", "Ishigami", doe.sobol, A.sobol, functools.partial(by_chance, ishigami),
         (64, 256, 1024), {"S1": ISHIGAMI_S1, "ST": ISHIGAMI_ST}),
    Case("sobol, points by chance", OF_NOISE, doe.sobol, A.sobol, functools.partial(by_chance, noisy),
         (64, 256, 1024), {"S1": ADDITIVE, "ST": ADDITIVE}, INDEPENDENT),
    Case("sobol, pairs", "Ishigami", second_order, A.sobol, ishigami, (256, 1024), {"S2": ISHIGAMI_S2}),
    *(sobol(estimator) for estimator in ("jansen", "janon", "azzini")),
    Case("jansen", "Ishigami", doe.radial, A.jansen, ishigami, (256, 1024), {"ST": ISHIGAMI_ST}),
    Case("jansen, points by chance", "Ishigami", functools.partial(doe.radial, kind="monte_carlo"), A.jansen,
         ishigami, (256, 1024), {"ST": ISHIGAMI_ST}),
    Case("shapley", "Ishigami", doe.shapley, A.shapley, ishigami, (256, 1024), {"Sh": ISHIGAMI_SHAPLEY}),
    *map(of_seeds, (3, 4, 10)),
    Case("sobol, of blocks alone", OF_SLOPES, doe.sobol, A.sobol, sloping, (256,),
         {"S1": ADDITIVE, "ST": ADDITIVE}, {"seed_policy": "block"}),
    Case("jansen, 4 common seeds", OF_SLOPES, doe.radial, A.jansen, sloping, (256,), {"ST": ADDITIVE},
         COMMON),
    Case("shapley, 4 common seeds", OF_SLOPES, doe.shapley, A.shapley, sloping, (256,), {"Sh": ADDITIVE},
         COMMON),
    Case("rbd_fast", "Ishigami", doe.latin_hypercube, A.rbd_fast, ishigami, (500, 2000), {"S1": ISHIGAMI_S1}),
    Case("rbd_fast", OF_NOISE, doe.latin_hypercube, A.rbd_fast, noisy_once, (500, 2000),
         {"S1": (VARIANCES / OF_RUNS).tolist()}),
    Case("rbd_fast, points by chance", "Ishigami", doe.monte_carlo, A.rbd_fast, ishigami, (500, 2000),
         {"S1": ISHIGAMI_S1}),
    Case("rbd_fast, points by chance", OF_NOISE, doe.monte_carlo, A.rbd_fast, noisy_once, (500, 2000),
         {"S1": (VARIANCES / OF_RUNS).tolist()}),
    Case("delta", "Ishigami", doe.latin_hypercube, A.delta, ishigami, (500, 2000),
         {"S1": ISHIGAMI_S1, "delta": ishigami_delta()}),
    Case("delta", OF_NOISE, doe.latin_hypercube, A.delta, noisy_once, (500, 2000),
         {"S1": (VARIANCES / OF_RUNS).tolist(), "delta": additive_delta()}),
    Case("delta", "normal, linear", doe.latin_hypercube, A.delta, of_normals, (500, 2000),
         {"delta": [0.505497, 0.160394]}, space=NORMAL),
    Case("delta, points by chance", "Ishigami", doe.monte_carlo, A.delta, ishigami, (500, 2000),
         {"S1": ISHIGAMI_S1}),
    Case("delta, points by chance", OF_NOISE, doe.monte_carlo, A.delta, noisy_once, (500, 2000),
         {"S1": (VARIANCES / OF_RUNS).tolist()}),
    Case("hdmr", OF_NOISE, doe.latin_hypercube, A.hdmr, noisy_once, (500,),
         {"S": (VARIANCES / OF_RUNS).tolist()}, {"order": 1}),
    Case("morris", "Ishigami", doe.morris, A.morris, ishigami, (20, 50), elementary()),
    Case("dgsm", "Ishigami", doe.finite_difference, A.dgsm, ishigami, (256, 1024),
         {"nu": ISHIGAMI_NU, "bound": ISHIGAMI_BOUND}),
    Case("dgsm", "quadratic", doe.finite_difference, A.dgsm, quadratic, (1024,), {"nu": QUADRATIC_NU}),
    *itertools.chain(*map(of_step, (0.1, 1e-3, 1e-4, 1e-6))),
    Case("regression", OF_NOISE, doe.monte_carlo, A.regression, noisy_once, (100, 400),
         {"SRC": (WEIGHTS / np.sqrt(12 * OF_RUNS)).tolist()}),
    Case("effects", OF_NOISE, factorial, A.effects, noisy, (None,),
         {"effect": WEIGHTS.tolist()}, INDEPENDENT),
    Case("response_surface", OF_NOISE, composite, A.response_surface, noisy_once, (None,),
         {"linear": (WEIGHTS / 2).tolist(), "quadratic": [0.0] * 3}),
    Case("split_variance", OF_NOISE, doe.monte_carlo, split, noisy, (50, 200),
         {"share": [VARIANCES.sum() / OF_RUNS, NOISE**2 / OF_RUNS]}, INDEPENDENT),
    Case("uncertainty", OF_NOISE, doe.monte_carlo, described, noisy, (100, 400),
         {"mean": [WEIGHTS.sum() / 2], "std": [float(np.sqrt(OF_RUNS))], "quantile": [WEIGHTS.sum() / 2]}),
    Case("uncertainty", "gamma, noisy", doe.monte_carlo, described, skewed, (50, 100),
         {"std": [float(np.sqrt(2 + NOISE**2))]}),
]  # fmt: skip


def estimates(case: Case, n: int | None) -> dict[str, np.ndarray]:
    """Return what each design gives, by measure: (designs, 3, factors) of the estimate, low and high."""
    rows: dict[str, list[np.ndarray]] = {measure: [] for measure in case.truth}
    for seed in range(DESIGNS):
        design = case.sample(case.space, n, rng=seed)
        y = case.run(design.unit, np.random.default_rng(10_000 + seed))
        drawn = {} if case.analysis in ("effects", "response_surface") else {"rng": seed}
        found = case.analyse(design, y, **drawn, **case.options)
        frame = found if isinstance(found, pd.DataFrame) else found.to_frame()
        frame = frame[(frame["partner"] != "") == ("pairs" in case.analysis)]
        frame = frame[frame["factor"] != "dummy"]
        for measure in case.truth:
            own = frame.loc[frame["measure"] == measure, ["estimate", "low", "high"]]
            rows[measure].append(own.to_numpy().T)
    return {measure: np.array(arrays) for measure, arrays in rows.items()}


def told(found: np.ndarray, exact: list[float]) -> list[str]:
    """Return coverage, width and bias, each as a text with a figure a factor."""
    estimate, low, high = found.transpose(1, 0, 2)
    held = (low - 1e-12 <= exact) & (np.asarray(exact) <= high + 1e-12)
    # An end that is not known is in no width, and such an interval holds nothing.
    width = np.nanmean(high - low, axis=0) / (2 * stats.norm.ppf(0.975) * estimate.std(axis=0, ddof=1))
    bias = estimate.mean(axis=0) - exact
    is_zero = np.abs(exact) < 1e-12
    figures = (
        [f"{share:.3f}" for share in held.mean(axis=0)],
        [f"{ratio:.2f}" for ratio in width],
        [
            f"{part:+.4f}" if zero else f"{part / true:+.2%}"
            for part, true, zero in zip(bias, exact, is_zero, strict=True)
        ],
    )
    return [", ".join(one) for one in figures]


def main() -> None:
    """Print the table."""
    warnings.simplefilter("ignore", doe.MesaDoeWarning)
    wanted = set(sys.argv[1:])
    print(f"Coverage of nominal 95 % intervals, {DESIGNS} designs a row\n")
    print("| analysis | model | n | measure | coverage | width | bias |")
    print("|---|---|---|---|---|---|---|")
    for case in CASES:
        if wanted and case.analysis not in wanted:
            continue
        for n in case.sizes:
            size = n if n is not None else len(case.sample(case.space, n, rng=0))
            for measure, found in estimates(case, n).items():
                row = [case.analysis, case.model, str(size), measure, *told(found, case.truth[measure])]
                print(f"| {' | '.join(row)} |", flush=True)


if __name__ == "__main__":
    main()
