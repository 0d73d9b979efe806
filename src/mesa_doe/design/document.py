"""A design as a document that JSON holds, beside the arrays of its sample, and back."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, get_args

import numpy as np
import pandas as pd

from mesa_doe.design.gate import Extension
from mesa_doe.design.options import options_from_json, options_to_json
from mesa_doe.errors import DesignError, SpaceError
from mesa_doe.space import ParameterSpace

if TYPE_CHECKING:
    from mesa_doe.design.design import Design

__all__ = ["Arrays", "arrays_of", "check_document", "check_numbers", "document_of", "settings_from"]

_FORMAT = "mesa-doe design"
_VERSION = 1
_KEYS = {
    "format", "version", "method", "options", "extension", "groups", "space", "factors", "points", "digest",
}  # fmt: skip


@dataclass
class Arrays:
    """The numbers of a design that its document does not hold.

    Parameters
    ----------
    unit : ndarray (points, factors)
    blocks, seed_levels : ndarray (points,) of int, or None
    given : dict of str to ndarray (points,)
        Of each factor whose values are not those computed from ``unit``: numbers as they are, levels as
        places in the unit interval.
    """

    unit: Any
    blocks: Any = None
    seed_levels: Any = None
    given: dict[str, Any] = field(default_factory=dict)

    def digest(self) -> str:
        """Return a fingerprint of all numbers."""
        told = hashlib.sha256(np.ascontiguousarray(self.unit, dtype="<f8").tobytes())
        for name, column in {"blocks": self.blocks, "seed_levels": self.seed_levels, **self.given}.items():
            if column is not None:
                kind = "<i8" if np.asarray(column).dtype.kind == "i" else "<f8"
                told.update(name.encode() + np.ascontiguousarray(column, dtype=kind).tobytes())
        return told.hexdigest()


def arrays_of(design: Design) -> Arrays:
    """Return the numbers of a design."""
    space, points = design.space, design.points
    given = {}
    for name, made in space.from_unit(design.unit[:, : len(space)]).items():
        column, axis = points[str(name)], space[str(name)]
        places = column.dtype.kind not in "if"
        own = axis.to_unit(column) if places else column.to_numpy()
        if not np.array_equal(own, axis.to_unit(made) if places else made.to_numpy()):
            given[str(name)] = own
    return Arrays(design.unit, design.blocks, design.seed_levels, given)


def document_of(design: Design, arrays: Arrays) -> dict[str, Any]:
    """Describe a design, but for its numbers, in what JSON gives back exactly.

    Raises
    ------
    DesignError, SpaceError
        If an option, or a part of the space, would come back as something else.
    """
    return {
        "format": _FORMAT,
        "version": _VERSION,
        "method": design.method,
        "options": options_to_json(design.options, design.method),
        "extension": design.extension,
        "groups": None if design.groups is None else {name: [*them] for name, them in design.groups.items()},
        "space": design.space.to_dict(),
        "factors": [*design.factors],
        "points": len(design),
        "digest": arrays.digest(),
    }


def settings_from(document: Mapping[str, Any], arrays: Arrays, where: str) -> dict[str, Any]:
    """Return the arguments of ``Design`` that a document and its numbers describe.

    Parameters
    ----------
    document : mapping
        That passed `check_document`.
    arrays : Arrays
        Not yet known to be those of the document: see `check_numbers`.
    where : str
        The file, for messages.

    Raises
    ------
    DesignError
        If the space cannot be read, or the sample does not lie in it.
    """
    try:
        space = ParameterSpace.from_dict(document["space"])
        if [*space.names] != document["factors"][: len(space)]:
            raise DesignError(
                f"{where}: the factors {document['factors']!r} are not those of the space {space.names!r}"
            )
        points = space.from_unit(arrays.unit[:, : len(space)])
        for name, column in arrays.given.items():
            kind = points[name].to_numpy().dtype
            values = np.asarray(column).astype(kind) if kind.kind in "if" else space[name].from_unit(column)
            points[name] = pd.Series(values, index=points.index, dtype=kind)
    except (SpaceError, ValueError, IndexError) as error:
        if isinstance(error, DesignError):
            raise
        raise DesignError(f"{where}: the saved design is damaged: {error}") from error
    return {
        "space": space,
        "unit": arrays.unit,
        "method": document["method"],
        "options": options_from_json(document["options"]),
        "blocks": arrays.blocks,
        "seed_levels": arrays.seed_levels,
        "points": points,
        "extension": document["extension"],
        "groups": document["groups"],
    }


def check_numbers(document: Mapping[str, Any], arrays: Arrays, where: str) -> None:
    """Refuse a sample that is not the one that was saved.

    Raises
    ------
    DesignError
    """
    if len(arrays.unit) != document["points"]:
        raise DesignError(
            f"{where} was changed: it has {len(arrays.unit)} points, where {document['points']} were saved"
        )
    if arrays.digest() != document["digest"]:
        raise DesignError(
            f"{where} was changed: the unit sample (or the blocks, seeds or given values beside it) is not "
            "the one that was saved; to run points that were edited, read them with explicit"
        )


def check_document(document: Any, where: str) -> None:
    """Refuse what is no document of a design, or of another version.

    Raises
    ------
    DesignError

    Examples
    --------
    >>> check_document({"format": "mesa-doe design", "version": 9}, "plan.csv.json")
    Traceback (most recent call last):
    mesa_doe.errors.DesignError: plan.csv.json: a design of version 1 is read, got version 9
    """
    if not isinstance(document, dict) or document.get("format") != _FORMAT:
        raise DesignError(
            f"{where} holds no design that mesa-doe has saved; points alone are read by explicit"
        )
    if document.get("version") != _VERSION:
        raise DesignError(
            f"{where}: a design of version {_VERSION} is read, got version {document.get('version')!r}"
        )
    if missing := sorted(_KEYS - set(document)):
        raise DesignError(f"{where}: the saved design lacks {', '.join(missing)}")
    factors, groups = document["factors"], document["groups"]
    wrong = [
        name
        for name, right in {
            "method": isinstance(document["method"], str),
            "options": isinstance(document["options"], dict),
            "extension": document["extension"] in get_args(Extension),
            "factors": isinstance(factors, list) and all(isinstance(name, str) for name in factors),
            "groups": groups is None or isinstance(groups, dict),
            "points": type(document["points"]) is int,
        }.items()
        if not right
    ]
    if wrong:
        raise DesignError(f"{where}: the saved design is damaged in {', '.join(wrong)}")
