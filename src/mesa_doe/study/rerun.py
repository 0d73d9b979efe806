"""What runs a study again elsewhere: a script, and the versions of the libraries, as ``study.json`` has them.

A study may come from anywhere, and these texts are run by who trusts them: names are names there, numbers are
numbers, and nothing else of the study gets into them as code.
"""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterable, Mapping
from typing import Any

from mesa_doe.columns import free_names
from mesa_doe.study.provenance import is_function
from mesa_doe.study.reading import DESIGN, ORIGIN

__all__ = ["Names", "lost_parameters", "requirements_of", "rerun_script", "settings_of"]

_BEFORE = '''\
"""Run this study again, and compare what it gives with what is archived.

    python rerun.py [FOLDER [SECONDS]]

FOLDER is that of the new study, by default "again" beside this script. SECONDS is how long a run may take, by
default as long as it wants. After an interruption the same command goes on.

Exit codes: 0 all tables are the same to the last digit (but for the seconds that runs took), or the archived
study was not finished, so that they cannot be; 1 they differ.
"""
'''

_MAIN = '''\

HERE = Path(__file__).resolve().parent


def configurations():
    """Return the runs of the study."""
{body}


def tables(results):
    """Return all tables of results by their names."""
    return {{
        "runs": results.runs.drop(columns="wall_time"),
        "model": results.model,
        **{{f"agents {{name}}": frame for name, frame in results.agents.items()}},
        **{{f"table {{name}}": frame for name, frame in results.tables.items()}},
    }}


def main():
    """Run the study and compare."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else HERE / "again"
    limit = float(sys.argv[2]) if len(sys.argv) > 2 else None
    again = doe.BatchRunner(configurations(), n_jobs=-1, store=folder, timeout=limit).run_all()
    archived = doe.load(HERE / "study")
    print(again)
    if archived.pending:
        print(f"not compared: {{archived.pending}} runs of the archived study were never made")
        return 0
    old, new = tables(archived), tables(again)
    differ = [name for name in {{**old, **new}} if name not in old or not old[name].equals(new.get(name))]
    print(f"these tables differ: {{', '.join(differ)}}" if differ else "the same to the last digit")
    return 1 if differ else 0


if __name__ == "__main__":
    sys.exit(main())
'''

_PACKAGE_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?")
_VERSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9.+!_-]*")


_TAKEN = {
    "HERE", "Path", "again", "archived", "configurations", "design", "differ", "doe", "folder",
    "limit", "main", "new", "np", "old", "replace", "run", "settings", "stored", "study", "sys",
    "tables",
}  # fmt: skip


class Names:
    """Names that code uses, with the lines that bring them there.

    Parameters
    ----------
    taken : iterable of str
        Names that the code uses for other things.

    Attributes
    ----------
    imports : list of str
        Lines.
    missing : list of str
        What cannot be imported, and has to be defined.
    """

    def __init__(self, taken: Iterable[str]) -> None:
        self._taken = set(taken)
        self._known: dict[tuple[str, str], str] = {}
        self.imports: list[str] = []
        self.missing: list[str] = []

    def of(self, reference: Mapping[str, Any], what: str) -> str:
        """Return how the script calls what a study names."""
        module, qualname = str(reference["module"]), str(reference["qualname"])
        first, dot, rest = qualname.partition(".")
        importable = module != "__main__" and all(map(_is_name, [*module.split("."), *qualname.split(".")]))
        if not importable:
            first, dot, rest = (qualname if _is_name(qualname) else what), "", ""
        # What cannot be imported is one thing a name: two lambdas of one module are two.
        key = (module, first) if importable else (module, f"{first} {len(self._known)}")
        if key not in self._known:
            self._known[key] = name = free_names([first], self._taken, "_")[0]
            self._taken.add(name)
            if importable:
                alias = "" if name == first else f" as {name}"
                self.imports += _told_file(reference.get("file"), module)
                self.imports.append(f"from {module} import {first}{alias}")
            else:
                self.missing.append(_line(f"{name}, the {what} ({module}:{qualname})"))
        return f"{self._known[key]}{dot}{rest}"

    def outputs(self, known: Any, what: str = "outputs function") -> str:
        """Write ``outputs=`` as a study describes it."""
        if is_function(known):
            return self.of(known["function"], what.replace(" ", "_"))
        if isinstance(known, dict):
            parts = (f"{name!r}: {self.outputs(one, 'output')}" for name, one in known.items())
            return f"{{{', '.join(parts)}}}"
        if isinstance(known, list):
            return f"[{', '.join(self.outputs(one, 'output') for one in known)}]"
        return repr(known)


def rerun_script(document: Mapping[str, Any]) -> str:
    """Return a Python script that runs a study again.

    Parameters
    ----------
    document : mapping
        What ``study.json`` says.

    Returns
    -------
    str
        The script. Where a parameter could not be written down exactly, or a model has no name to be imported
        by, it stops and says so.
    """
    plan = document["plan"]
    if lost := lost_parameters(plan):
        told = (
            f"rerun.py: the values of {', '.join(lost)} could not be written down exactly, so only the "
            "script that made the study can run it again"
        )
        return f"{_BEFORE}\nraise SystemExit({told!r})\n"
    names = Names(_TAKEN)
    saved = bool(plan["design"] and plan["design"]["saved"])
    body = _from_design(plan, names) if saved else _from_runs(plan, names)
    imports = [
        "import sys",
        *([] if saved else ["from dataclasses import replace"]),
        "from pathlib import Path",
        "",
    ]
    imports += (["import numpy as np", ""] if saved else []) + ["import mesa_doe as doe", *_imports(names)]
    return "\n".join([_BEFORE, *imports, _MAIN.format(body="\n".join(f"    {line}" for line in body))])


def _imports(names: Names) -> list[str]:
    """Return the lines that go to the top of the script."""
    if not names.missing:
        return names.imports
    told = "; ".join(names.missing)
    return [
        *names.imports,
        "",
        "# Defined in a script, a notebook, at the prompt or inside a function, so there is nowhere to",
        "# import it from. Define or import it here, in place of the line below:",
        *(f"#   {one}" for one in names.missing),
        f"raise SystemExit({f'rerun.py: first put in where it says so: {told}'!r})",
    ]


def lost_parameters(plan: Mapping[str, Any]) -> list[str]:
    """Return the parameters that the study does not hold as what they were."""
    # A design that is saved has all of them.
    saved = plan["design"] and plan["design"]["saved"]
    return [] if saved else [repr(name) for name in plan["inexact"]]


def settings_of(model: Mapping[str, Any], names: Names) -> list[str]:
    """Write what a study knows of a model as arguments: the model, its scenario and what is kept."""
    found = [f"model_cls={names.of(model['model'], 'model')}"]
    if model["scenario"] is not None:
        found.append(f"scenario_cls={names.of(model['scenario'], 'scenario')}")
    if model["outputs"] is not None:
        found.append(f"outputs={names.outputs(model['outputs'])}")
    return found


def _from_design(plan: Mapping[str, Any], names: Names) -> list[str]:
    twins = plan["design"]["twins"]
    file = DESIGN if twins is None else ORIGIN
    undoubled = "" if twins is None else f".deduplicate(across_blocks={bool(twins)})"
    runs = range(*map(int, plan["runs"]))
    whole = runs == range(plan["design"]["points"] * plan["replications"])
    part = "" if whole else f"[{runs.start}:{runs.stop}:{runs.step}]"
    root, policy = int(plan["seed_root"]), str(plan["seed_policy"])
    settings = [
        *settings_of(plan["models"][0], names),
        "columns={}",
        "constants={}",
        f"replications={int(plan['replications'])}",
        f"max_steps={int(plan['max_steps'])}",
        f"data_collection_period={int(plan['data_collection_period'])}",
        f"seeds=doe.seeding.SeedPlan({root}, np.empty(0, int), {policy!r})",
    ]
    return [
        f'design = doe.load_design(HERE / "study" / "{file}"){undoubled}',
        "settings = doe.Configurations(",
        *(f"    {one}," for one in settings),
        ")",
        f"return design.configurations_like(settings){part}",
    ]


def _from_runs(plan: Mapping[str, Any], names: Names) -> list[str]:
    settings = [f"    dict({', '.join(settings_of(one, names))})," for one in plan["models"]]
    return [
        "settings = [",
        *settings,
        "]",
        'study = doe.load(HERE / "study").configurations',
        "stored = list(dict.fromkeys(run.model_cls for run in study))",
        "return [replace(run, **settings[stored.index(run.model_cls)]) for run in study]",
    ]


def _is_name(text: str) -> bool:
    return text.isidentifier() and not keyword.iskeyword(text)


def _told_file(file: Any, module: str) -> list[str]:
    """Say of a module that is a single file of the user's that it has to be brought along."""
    name = re.split(r"[/\\]", file)[-1] if isinstance(file, str) else ""
    return (
        [f"# {name} has to lie beside this script, or where Python finds it"]
        if name == f"{module}.py"
        else []
    )


def requirements_of(document: Mapping[str, Any]) -> str:
    """Return the versions that a study was last written with, as a requirements file of pip.

    Parameters
    ----------
    document : mapping
        What ``study.json`` says.

    Examples
    --------
    >>> versions = {"python": "3.12.1", "platform": "Linux", "mesa-doe": "0.1.0", "mesa": "3.5.1"}
    >>> print(requirements_of({"made_with": [{"time": "2026-01-01", "versions": versions}]}), end="")
    # What the study was last written with, by pip install -r environment.txt
    # Python 3.12.1 on Linux
    mesa-doe==0.1.0
    mesa==3.5.1
    """
    sessions = [one["versions"] for one in document["made_with"]]
    last = sessions[-1]
    lines = ["# What the study was last written with, by pip install -r environment.txt"]
    lines.append(f"# Python {_line(last.get('python'))} on {_line(last.get('platform'))}")
    differ = sorted({name for one in sessions for name, version in one.items() if last.get(name) != version})
    if differ:
        lines.append(
            f"# Earlier runs had other versions of {', '.join(map(_line, differ))}: see study/study.json"
        )
    if "mesa-doe" not in last:
        lines.append("# mesa-doe was not installed as a package, so its version is not known")
    lines += [
        f"{name}=={version}"
        for name, version in last.items()
        if name not in ("python", "platform")
        and _PACKAGE_NAME.fullmatch(name)
        and _VERSION.fullmatch(version)
    ]
    return "\n".join([*lines, ""])


def _line(text: Any) -> str:
    return " ".join(str(text).split())
