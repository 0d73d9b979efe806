"""A model in the folder of a study: its name and the hash of its code, from which it is imported again."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from mesa_doe.configurations import RunConfiguration
from mesa_doe.errors import StudyError, listed, warn
from mesa_doe.study.provenance import is_function, name_of, reference_of, resolve
from mesa_doe.study.source import changes, source_of

__all__ = ["Document", "StoredModel", "as_script", "described_model", "known_outputs", "qualified_name"]

Document: TypeAlias = dict[str, Any]

_REMEDY = (
    "Replay the run in the script that made the study, by run_all().replay(run_id): no run that is recorded "
    "is made again"
)


@dataclass(frozen=True, eq=False)
class StoredModel:
    """What stands for the model in configurations that are read from a folder: its name, nothing loaded.

    Parameters
    ----------
    described : dict
        Names and code of model, scenario and outputs.
    inexact : sequence of str
        Parameters that could not be stored as what they were.
    """

    described: Document
    inexact: Sequence[str]

    def __call__(self, **_: Any) -> Any:
        """Refuse to run: only :meth:`restored` imports the model."""
        raise StudyError(
            "configurations of a study that was loaded have no model; results.replay(run_id) makes a run"
        )

    def __repr__(self) -> str:
        return f"<{qualified_name(self.described['model'])}, not loaded>"

    def restored(
        self, configuration: RunConfiguration, *, model: Any = None, any_source: bool = False
    ) -> RunConfiguration:
        """Return a configuration with the model itself, imported.

        Parameters
        ----------
        configuration : RunConfiguration
        model : type or callable, optional
            In place of what would be imported. Of a study that a script made, the module of this model is
            taken for the script, which had the name ``__main__`` when it ran.
        any_source : bool
            Whether its code may differ from what it was.

        Raises
        ------
        StudyError
            If it cannot be imported, was changed, or a parameter could not be stored as what it was.
        """
        if self.inexact:
            raise StudyError(
                f"{', '.join(map(repr, self.inexact))} could not be stored exactly, so the run cannot be "
                "made from the folder: make it from its configuration, with doe.run"
            )
        known = self.described
        loaded = resolve(known["model"]) if model is None else model
        main = name_of(loaded)[0] if known["model"]["module"] == "__main__" else None
        scenario = known["scenario"] and resolve(known["scenario"], main=main, remedy=_REMEDY)
        outputs = _restored(known["outputs"], main)
        whole = dataclasses.replace(configuration, model_cls=loaded, scenario_cls=scenario, outputs=outputs)
        described = described_model(whole)
        source = (described if main is None else as_script(described, main))["source"]
        differences = [] if any_source else changes(known["source"], source)
        if differences:
            told = listed(differences, "the code was changed")
            allow = "allow_changed_model=True (on the command line --allow-changed-model)"
            raise StudyError(f"{told}\n{allow} runs it all the same")
        if known.get("was_changed"):
            warn(
                "the code of the model was changed while the study was made, which allow_changed_model=True "
                "allowed: a run that was made before may have given something else"
            )
        return whole


def described_model(settings: Any) -> Document:
    """Write down names and code of the model, scenario and outputs of a configuration or of several."""
    model, scenario = settings.model_cls, settings.scenario_cls
    source = source_of(model)
    if scenario is not None:
        source |= source_of(scenario)
    return {
        "model": reference_of(model),
        "scenario": None if scenario is None else reference_of(scenario),
        "outputs": _outputs(settings.outputs, source),
        "source": source,
    }


def qualified_name(reference: Document) -> str:
    """Return ``module:name`` of what a reference names."""
    return f"{reference['module']}:{reference['qualname']}"


def _outputs(outputs: Any, source: dict[str, str]) -> Any:
    """Describe what is kept, and add the code of functions to the source."""
    if callable(outputs):
        source |= source_of(outputs)
        reference = reference_of(outputs)
        # Where the file lies differs between machines, and does not matter.
        return {"function": {**reference, "file": None}}
    if isinstance(outputs, Mapping):
        return {str(name): _outputs(value, source) for name, value in outputs.items()}
    if outputs is None or isinstance(outputs, (str, int)):
        return outputs
    return [_outputs(value, source) for value in outputs]


def known_outputs(outputs: Any) -> Any:
    """Return what of the outputs is known without their functions: the names and their periods."""
    if is_function(outputs):
        return None
    if isinstance(outputs, dict):
        return {name: None if isinstance(one, dict) else one for name, one in outputs.items()}
    return outputs


def _restored(outputs: Any, main: str | None) -> Any:
    """Undo :func:`_outputs`."""
    if is_function(outputs):
        return resolve(outputs["function"], main=main, remedy=_REMEDY)
    if isinstance(outputs, dict):
        return {name: _restored(value, main) for name, value in outputs.items()}
    return outputs


def as_script(described: Document, module: str) -> Document:
    """Return what a model is called, and its code, while the file of a module runs as a script.

    Parameters
    ----------
    described : dict
        From :func:`described_model`.
    module : str

    Examples
    --------
    >>> known = {"model": {"module": "walk", "qualname": "Walk", "file": None}, "scenario": None}
    >>> as_script({**known, "outputs": ["y"], "source": {"walk:Walk": "source:1"}}, "walk")["source"]
    {'__main__:Walk': 'source:1'}
    """
    return {
        "model": _in_main(described["model"], module),
        "scenario": _in_main(described["scenario"], module),
        "outputs": _in_main(described["outputs"], module),
        "source": {
            f"__main__:{qualname}" if colon and home == module else name: entry
            for name, entry in described["source"].items()
            for home, colon, qualname in [name.partition(":")]
        },
    }


def _in_main(known: Any, module: str) -> Any:
    """Let references to what a module has be to a script."""
    if isinstance(known, dict):
        if known.keys() == {"module", "qualname", "file"}:
            return {**known, "module": "__main__"} if known["module"] == module else known
        return {name: _in_main(one, module) for name, one in known.items()}
    return known
