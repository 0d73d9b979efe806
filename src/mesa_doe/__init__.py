"""Designs of experiments for Mesa agent-based models: from a parameter space to sensitivity indices.

The flow is ``ParameterSpace`` → a sampler → ``Design`` → ``design.configurations(...)`` →
``BatchRunner(...).run_all()`` → ``Results`` → ``results.sensitivity(...)``.
"""

import sys
from typing import Any

import lazy_loader

__version__ = "0.1.0"

# A name is imported when it is first used, from where `__init__.pyi` says: pandas alone takes half a second.
_of_the_stub, _, _names = lazy_loader.attach_stub(__name__, __file__)
_ROOMS = {"analysis", "bridges", "design", "plots", "samplers", "seeding", "space"}
__all__ = sorted({*_names, "analyze"} - _ROOMS)


def __getattr__(name: str) -> Any:
    if name in _ROOMS or name in __all__:
        return _of_the_stub("analysis" if name == "analyze" else name)
    from mesa_doe.other_names import PYDOE, SALIB

    ours = {**SALIB, **PYDOE}.get(name)
    # Python itself asks after a close name where it knows of which object it was asked for.
    raise AttributeError(
        f"module 'mesa_doe' has no attribute {name!r}" + (f"; here it is mesa_doe.{ours}" if ours else ""),
        name=name,
        obj=sys.modules[__name__],
    )


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
