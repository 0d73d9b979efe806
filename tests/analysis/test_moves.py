import numpy as np
import pytest

import mesa_doe as doe
from mesa_doe.analysis.moves import turns
from mesa_doe.analysis.outputs import checked_outputs
from tests.analysis.helpers import unit_space


def turns_of(unit, movers):
    design = doe.Design(
        unit_space(unit.shape[1]),
        unit,
        method="morris",
        options={},
        blocks=np.arange(len(unit)) // (len(movers) + 1),
    )
    given = checked_outputs(design, unit[:, 0], names=None, missing="raise", method="morris")
    return turns(design, given, movers, "morris")


def walks(*steps, factors=3):
    """Trajectories whose steps move these factors."""
    moves = np.zeros((len(steps), len(steps[0]) + 1, factors))
    for trajectory, each in enumerate(steps):
        for step, moved in enumerate(each, 1):
            moves[trajectory, step, list(moved)] = 0.25
    return moves.cumsum(axis=1).reshape(-1, factors)


def test_the_turn_of_a_factor_is_the_step_that_moves_it():
    unit = walks([(2,), (0,), (1,)], [(0,), (1,), (2,)])
    assert turns_of(unit, [(0,), (1,), (2,)]).tolist() == [[1, 2, 0], [0, 1, 2]]


def test_a_group_moves_where_any_of_it_does():
    unit = walks([(2, 0), (1,)], [(1,), (2,)])
    assert turns_of(unit, [(0, 2), (1,)]).tolist() == [[0, 1], [1, 0]]


@pytest.mark.parametrize(
    "odd",
    [
        [(0,), (1,), (1,)],  # one twice, another never
        [(), (1, 2), (2,)],  # as many moves as steps, but none at the first
        [(0, 1), (), (2,)],
        [(0,), (1,), (2, 0)],
        [(0,), (1,), ()],
        [(), (), ()],
    ],
)
def test_steps_that_do_not_move_one_each_are_refused(odd):
    with pytest.raises(doe.AnalysisError, match="each of whose steps moves one factor or group, and each on"):
        turns_of(walks([(0,), (1,), (2,)], odd), [(0,), (1,), (2,)])
