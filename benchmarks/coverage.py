"""How often the 95 % intervals of sensitivity measures hold the true value: ``make coverage``.

The truth is known in closed form; each row repeats the design and the noise with 200 seeds. The noisy
model is additive, with independent seeds and four replications; its indices are of the expected output.
"""

import sys
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

import mesa_doe as doe

DESIGNS = 200
FACTORS = 3
SPACE = doe.ParameterSpace({f"x{k}": doe.Real(0, 1) for k in range(FACTORS)})
ISHIGAMI_S1, ISHIGAMI_ST = [0.313905, 0.442411, 0.0], [0.557589, 0.442411, 0.243684]
ISHIGAMI_SHAPLEY = [0.435747, 0.442411, 0.121842]
WEIGHTS = np.array([2.0, 1.0, 0.5])
ADDITIVE = (WEIGHTS**2 / (WEIGHTS**2).sum()).tolist()
NOISE = 0.5


def ishigami(u: np.ndarray, _: np.random.Generator) -> np.ndarray:
    x = np.pi * (2 * u - 1)
    return np.sin(x[:, 0]) + 7 * np.sin(x[:, 1]) ** 2 + 0.1 * x[:, 2] ** 4 * np.sin(x[:, 0])


def noisy(u: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    return (u @ WEIGHTS)[:, None, None] + rng.normal(0, NOISE, (len(u), 4, 1))


def ascending(u: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    return u @ WEIGHTS + rng.normal(0, NOISE, len(u))


def coverage(
    sample: Callable[..., doe.Design], analyse: Callable[..., Any], model: Any, n: int, truth: dict[str, Any]
) -> dict[str, np.ndarray]:
    """Share of designs whose intervals hold the truth, by measure and factor."""
    held = {measure: np.zeros(FACTORS) for measure in truth}
    for seed in range(DESIGNS):
        design = sample(SPACE, n, rng=seed)
        y = model(design.unit, np.random.default_rng(10_000 + seed))
        frame = analyse(design, y, rng=seed).to_frame()
        for measure, exact in truth.items():
            rows = frame[frame["measure"] == measure]
            low, high = rows["low"].to_numpy(), rows["high"].to_numpy()
            held[measure] += (low - 1e-12 <= exact) & (np.asarray(exact) <= high + 1e-12)
    return {measure: shares / DESIGNS for measure, shares in held.items()}


def src() -> list[float]:
    total = (WEIGHTS**2).sum() / 12 + NOISE**2
    return (WEIGHTS / np.sqrt(12 * total)).tolist()


CASES = [
    ("sobol", "Ishigami", doe.sobol, doe.analyze.sobol, ishigami, (64, 256, 1024, 4096),
     {"S1": ISHIGAMI_S1, "ST": ISHIGAMI_ST}),
    ("sobol", "additive, noisy", doe.sobol, doe.analyze.sobol, noisy, (64, 256, 1024),
     {"S1": ADDITIVE, "ST": ADDITIVE}),
    ("jansen", "Ishigami", doe.radial, doe.analyze.jansen, ishigami, (256, 1024), {"ST": ISHIGAMI_ST}),
    ("shapley", "Ishigami", doe.shapley, doe.analyze.shapley, ishigami, (256, 1024),
     {"Sh": ISHIGAMI_SHAPLEY}),
    ("regression", "additive, noisy", doe.monte_carlo, doe.analyze.regression, ascending, (100, 400),
     {"SRC": src()}),
]  # fmt: skip


def main() -> None:
    """Print the table."""
    warnings.simplefilter("ignore", doe.MesaDoeWarning)
    wanted = set(sys.argv[1:])
    print(f"Coverage of nominal 95 % intervals, {DESIGNS} designs a row; factors x0, x1, x2\n")
    print("| analysis | model | n | measure | coverage |")
    print("|---|---|---|---|---|")
    for analysis, name, sample, analyse, model, sizes, truth in CASES:
        if wanted and analysis not in wanted:
            continue
        for n in sizes:
            for measure, shares in coverage(sample, analyse, model, n, truth).items():
                told = ", ".join(f"{share:.3f}" for share in shares)
                print(f"| {analysis} | {name} | {n} | {measure} | {told} |", flush=True)


if __name__ == "__main__":
    main()
