from mesa_doe.design.salib import unit_problem


def test_a_problem_is_fresh_in_all_its_parts_since_salib_writes_into_it():
    first, second = unit_problem(["a", "b"]), unit_problem(["a", "b"])
    assert first == second == {"num_vars": 2, "names": ["x0", "x1"], "bounds": [[0.0, 1.0], [0.0, 1.0]]}
    first["names"].append("dummy_0")
    first["bounds"][0][1] = 2.0
    assert second == unit_problem(["a", "b"])
    assert second["bounds"][0] is not second["bounds"][1]


def test_groups_go_by_names_of_our_own_in_the_order_of_the_factors():
    problem = unit_problem(["a", "b", "c"], {"names": ("a", "c"), "dists": ("b",)})
    assert problem["groups"] == ["g0", "g1", "g0"]
