"""How often the 95 % intervals of Sobol indices hold the true value: ``make coverage``.

The truth is known in closed form; each row repeats the design with 200 seeds. The scrambled Sobol sequence
makes estimates better than the bootstrap, which resamples blocks as if they were drawn by chance, believes:
coverage above 95 % is expected.
"""

import warnings

import numpy as np

import mesa_doe as doe

DESIGNS = 200
ISHIGAMI = ([0.313905, 0.442411, 0.0], [0.557589, 0.442411, 0.243684])


def ishigami(u: np.ndarray) -> np.ndarray:
    x = np.pi * (2 * u - 1)
    return np.sin(x[:, 0]) + 7 * np.sin(x[:, 1]) ** 2 + 0.1 * x[:, 2] ** 4 * np.sin(x[:, 0])


def additive(u: np.ndarray) -> np.ndarray:
    return u @ np.array([2.0, 1.0, 0.5])


ADDITIVE = np.array([4.0, 1.0, 0.25]) / 5.25


def coverage(function, truth, n: int) -> np.ndarray:
    """Share of designs whose intervals hold the truth, an array (2, factors) for S1 and ST."""
    space = doe.ParameterSpace({f"x{k}": doe.Real(0, 1) for k in range(3)})
    held = np.zeros((2, 3))
    for seed in range(DESIGNS):
        design = doe.sobol(space, n, rng=seed)
        frame = doe.analyze.sobol(design, function(design.unit), rng=seed).to_frame()
        low, high = (frame[side].to_numpy().reshape(2, 3) for side in ("low", "high"))
        held += (low - 1e-12 <= truth) & (truth <= high + 1e-12)
    return held / DESIGNS


def main() -> None:
    """Print the table."""
    warnings.simplefilter("error")
    print(f"Coverage of nominal 95 % intervals, {DESIGNS} designs a row\n")
    print("| function | n | S1 of x0, x1, x2 | ST of x0, x1, x2 |")
    print("|---|---|---|---|")
    cases = {
        "additive": (additive, np.array([ADDITIVE, ADDITIVE])),
        "Ishigami": (ishigami, np.array(ISHIGAMI)),
    }
    for name, (function, truth) in cases.items():
        for n in (64, 256, 1024, 4096):
            s1, st = (", ".join(f"{share:.3f}" for share in row) for row in coverage(function, truth, n))
            print(f"| {name} | {n} | {s1} | {st} |")


if __name__ == "__main__":
    main()
