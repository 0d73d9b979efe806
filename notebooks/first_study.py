"""The demo: a Sobol study of Epstein's civil violence model, with its own noise as a factor.

Run it with ``make demo``. It prints the indices and writes tables, plots and a report to ``demo-output/``.
The same study, told step by step, is the notebook ``01_first_study.ipynb``.
"""

import time
from pathlib import Path

import matplotlib as mpl
import matplotlib.pyplot as plt
from mesa.examples import EpsteinCivilViolence

import mesa_doe as doe

OUTPUT = "arrested"

space = doe.ParameterSpace(
    legitimacy=doe.Real(0.6, 0.9),
    citizen_density=doe.Real(0.5, 0.8),
    cop_density=doe.Real(0.02, 0.1),
    cop_vision=doe.Integer(1, 5),
    movement=doe.Boolean(),
    width=12,
    height=12,
    max_jail_term=15,
)


def main() -> None:
    mpl.use("Agg")
    folder = Path("demo-output")
    folder.mkdir(exist_ok=True)
    print(space)

    design = doe.sobol(space, 128, rng=1, seed_factor=True)
    configurations = design.configurations(
        EpsteinCivilViolence, rng=2, max_steps=20, data_collection_period=1
    )
    print(design, configurations, sep="\n")

    start = time.perf_counter()
    results = doe.BatchRunner(configurations, n_jobs=-1).run_all()
    print(f"{results}\n{time.perf_counter() - start:.0f} s\n")

    indices = results.sensitivity(OUTPUT, at="mean")
    print(f"Who explains how many citizens are in jail, averaged over the run?\n\n{indices}\n")

    results.runs.to_csv(folder / "runs.csv")
    results.model.to_csv(folder / "model.csv", index=False)
    results.points(OUTPUT, at="mean").to_csv(folder / "points.csv")
    indices.to_frame().to_csv(folder / "indices.csv", index=False)

    ax = indices.plot()
    ax.set_title("Citizens in jail, mean over the run")
    ax.figure.savefig(folder / "indices.png", dpi=150)

    figure, axes = plt.subplots(2, 3, figsize=(12, 7), layout="constrained")
    for factor, ax in zip(space.names, axes.flat, strict=False):
        results.plot.scatter(OUTPUT, factor, at="mean", ax=ax)
    axes.flat[-1].set_axis_off()
    figure.savefig(folder / "outputs-over-design.png", dpi=150)

    results.plot.series(OUTPUT).figure.savefig(folder / "time-series.png", dpi=150)

    report, title = folder / "report.html", "Epstein's civil violence: a Sobol study"
    doe.write_report(results, report, title=title, analyses=indices, at="mean")
    print("Written to demo-output/:", *sorted(path.name for path in folder.iterdir()))


if __name__ == "__main__":
    main()
