"""A run made again step by step: what Mesa's visualisation takes for a model."""

from __future__ import annotations

import random
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from mesa_doe.configurations import RunConfiguration
from mesa_doe.errors import ConfigurationError
from mesa_doe.explore.opened import ALONE
from mesa_doe.model_run import Wanted, check_names, recipe_of
from mesa_doe.model_run.collect import Reader, clock
from mesa_doe.model_run.forget import forget
from mesa_doe.model_run.generators import seed_global_generators
from mesa_doe.seeding import kept_generators

__all__ = ["Stepped", "stepped"]


class Stepped:
    """The model of a run, with the run's parameters and seed, whose ``step`` goes as far as the run does.

    All else is the model's own. The type of an object is made for one run by :func:`stepped`: Mesa's
    visualisation resets a model by calling its type, and so gets the same run, from its beginning, whatever
    it gives as arguments.

    Between steps the global generators are put by: another run, an analysis or another reader of the page
    draws from them too, and a model that does must go on with its own.

    Raises
    ------
    ConfigurationError
        If the model is a plain function, which has no steps.

    Attributes
    ----------
    failure : str
        Traceback of an exception in a step; empty until there is one.
    """

    _configuration: RunConfiguration
    #: Mesa would build the model's scenario when it resets, and refuse one that is none of its own.
    scenario = None

    def __init__(self, **_: Any) -> None:
        configuration = self._configuration
        recipe = recipe_of(configuration.model_cls, configuration.scenario_cls)
        check_names(recipe, configuration.parameters)
        self.failure = ""
        self._taken, self._closed = 0, False
        self._model: Any = None
        with ALONE, kept_generators():
            if configuration.seed is not None:
                seed_global_generators(int(configuration.seed))
            self._model, self._simulator = recipe.build(configuration.parameters, configuration.seed)
            if not callable(getattr(self._model, "step", None)):
                name = getattr(configuration.model_cls, "__name__", "the model")
                raise ConfigurationError(f"{name} is a function, which has no steps: replay it instead")
            # It looks at the model after each step as it did in the run: a function of the user's may draw.
            self._reader = Reader(
                self._model, Wanted(configuration.outputs, configuration.data_collection_period)
            )
            self._look()
            self._keep()

    def __getattr__(self, name: str) -> Any:
        if name == "_model":  # not made yet
            raise AttributeError(name)
        return getattr(self._model, name)

    @property
    def model(self) -> Any:
        """The model itself."""
        return self._model

    @property
    def now(self) -> float:
        """Its clock after the last step that was finished."""
        return self._now

    @property
    def running(self) -> bool:
        """Whether the run goes on; not after :meth:`close`, for Mesa may be playing it in a thread."""
        if self._closed:
            return False
        # The clock of a model may stand still: the run has ended all the same.
        done = max(self.now, self._taken) >= self._configuration.max_steps
        return bool(getattr(self._model, "running", True)) and not done and not self.failure

    def step(self) -> None:
        """Go on by one step; at the end of the run there is none."""
        if not self.running:
            return
        with ALONE, self._own_generators():
            try:
                if self._simulator is None:
                    self._model.step()
                else:
                    self._simulator.run_for(1)
                self._taken += 1
                self._look()
            except KeyboardInterrupt:
                raise
            except BaseException:  # noqa: BLE001 - the failure of a run is what one wants to see
                self.failure = traceback.format_exc()

    def close(self) -> None:
        """End stepping, and let go of the model, which Mesa's caches would keep."""
        self._closed = True
        forget(self._model)

    def _look(self) -> None:
        self._now = clock(self._model, self._simulator)
        self._reader.watch(self._now)

    def _keep(self) -> None:
        self._states = random.getstate(), np.random.get_state()  # noqa: NPY002

    @contextmanager
    def _own_generators(self) -> Iterator[None]:
        with kept_generators():
            random.setstate(self._states[0])
            np.random.set_state(self._states[1])  # noqa: NPY002
            try:
                yield
            finally:
                self._keep()


def stepped(configuration: RunConfiguration) -> Stepped:
    """Build the model of a run, to be stepped by hand.

    Parameters
    ----------
    configuration : RunConfiguration
        With the model itself: that of a study which was loaded is restored first.

    Raises
    ------
    ConfigurationError
        If it is a plain function. What the model's constructor raises is raised too.
    """
    name = getattr(configuration.model_cls, "__name__", "Model")
    kind: type[Stepped] = type(name, (Stepped,), {"_configuration": configuration})
    return kind()
