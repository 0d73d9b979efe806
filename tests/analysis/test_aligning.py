import mesa_doe as doe


def add(x, x_parameter, steps, steps_parameter):
    return {"y": x + 2 * x_parameter + 3 * steps + 4 * steps_parameter}


def test_factors_that_are_named_like_columns_of_each_other_are_told_apart():
    names = ["x", "x_parameter", "steps", "steps_parameter"]
    design = doe.sobol(doe.ParameterSpace({name: doe.Real(0, 1) for name in names}), 256, rng=1)
    results = doe.BatchRunner(design.configurations(add, rng=1)).run_all()
    totals = results.sensitivity("y").table()["ST"]
    # Shares of 1, 4, 9 and 16 in 30, in the order of the names.
    assert totals.index.tolist() == names
    assert (totals - [1 / 30, 4 / 30, 9 / 30, 16 / 30]).abs().max() < 0.03
