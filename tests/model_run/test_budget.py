"""The time budget of a run: where it stops a model, what the record says, and what it leaves behind."""

import signal
import threading
import time
import traceback

import mesa
import pytest

import mesa_doe as doe
from mesa_doe.model_run import execute, recipe_of, run
from mesa_doe.model_run.budget import Budget, OutOfTime

SHORT = 0.05

with_alarm = pytest.mark.skipif(
    not hasattr(signal, "setitimer"), reason="no timers here: only looked at between steps"
)


def hang():
    while True:
        pass


class Slow(mesa.Model):
    """Hangs where it is told, or makes steps that are slow but end."""

    def __init__(self, where="", pause=0.0, rng=None):
        super().__init__(rng=rng)
        self.where, self.pause = where, pause
        self.finished = 0
        self.datacollector = mesa.DataCollector({"y": lambda m: m.at("reporter") or m.finished})
        self.at("constructor")

    def at(self, where):
        if where == self.where:
            hang()

    def step(self):
        time.sleep(self.pause)
        if self.finished == 2:
            self.at("step")
        self.finished += 1
        self.datacollector.collect(self)


def configuration(model_cls=Slow, **parameters):
    return doe.RunConfiguration(
        model_cls, run_id=3, seed=1, max_steps=10**6, data_collection_period=1, parameters=parameters
    )


def timed_out(settings, timeout=SHORT):
    record = run(settings, timeout=timeout, on_error="record")
    assert (record.status, record.origin, record.error_type) == ("timeout", "timeout", "StudyError")
    assert record.model.empty
    assert record.notes == ()
    assert record.wall_time >= timeout
    return record


@with_alarm
@pytest.mark.parametrize(
    ("where", "words"),
    [
        ("constructor", "while building, with 0 steps finished"),
        ("step", "while stepping, with 2 steps finished"),
        ("reporter", "while collecting, with 0 steps finished"),
    ],
)
def test_a_run_that_hangs_is_stopped_and_the_record_says_where(where, words):
    record = timed_out(configuration(where=where))
    assert record.error == f"the run took longer than timeout=0.05 seconds; it was stopped {words}"
    assert "in hang" in record.traceback


@pytest.mark.parametrize("threaded", [False, True])
def test_steps_that_end_are_stopped_between_two_of_them_in_any_thread(threaded):
    settings = configuration(pause=0.02)
    if threaded:
        found = []
        thread = threading.Thread(
            target=lambda: found.append(execute(settings, recipe_of(Slow), timeout=SHORT))
        )
        thread.start()
        thread.join()
        record = found[0]
        assert (record.status, record.origin) == ("timeout", "timeout")
    else:
        record = timed_out(settings)
    assert 0 < record.steps < 10


@with_alarm
def test_a_function_that_hangs_is_stopped():
    record = timed_out(configuration(hang))
    assert "while stepping, with 0 steps finished" in record.error


def test_a_function_that_ends_too_late_is_no_result_without_an_alarm_either(monkeypatch):
    monkeypatch.setattr("mesa_doe.model_run.budget._alarm_is_free", lambda: False)

    def late():
        time.sleep(2 * SHORT)
        return {"y": 1}

    timed_out(configuration(late))


@with_alarm
def test_outputs_that_hang_are_stopped():
    settings = doe.RunConfiguration(Slow, run_id=0, max_steps=1, outputs=lambda model: hang())
    assert "while collecting, with 1 steps finished" in timed_out(settings).error


@with_alarm
@pytest.mark.parametrize("catches", [Exception, BaseException])
def test_a_model_that_catches_errors_is_stopped_all_the_same(catches):
    def stubborn():
        try:
            hang()
        except catches:
            hang()

    timed_out(configuration(stubborn))


@with_alarm
def test_an_alarm_that_the_model_turned_into_its_own_error_is_a_timeout():
    def wraps():
        try:
            hang()
        except BaseException:  # noqa: BLE001 - as careless models do
            raise ValueError("solver failed") from None

    timed_out(configuration(wraps))


def test_an_error_of_the_model_is_its_own_also_under_a_budget():
    record = run(configuration(lambda: 1 / 0), timeout=60, on_error="record")
    assert (record.status, record.origin, record.error_type) == ("failed", "stepping", "ZeroDivisionError")


def test_a_run_within_its_budget_is_the_run_without_one():
    settings = doe.RunConfiguration(Slow, run_id=0, seed=1, max_steps=5, data_collection_period=1)
    assert run(settings, timeout=60).model.equals(run(settings).model)


@with_alarm
def test_by_default_a_timeout_is_raised_with_the_place_that_hung():
    with pytest.raises(doe.StudyError, match=r"took longer than timeout=0\.05 seconds") as caught:
        run(configuration(where="step"), timeout=SHORT)
    assert isinstance(caught.value.__cause__, OutOfTime)
    assert "in hang" in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize("timeout", [0, -1, float("nan"), float("inf"), 1e10, True, "1", [1]])
def test_what_is_no_budget_is_refused(timeout):
    with pytest.raises(doe.ConfigurationError, match="timeout takes seconds above 0 or None"):
        run(configuration(), timeout=timeout)


# --- what is left behind ------------------------------------------------------------------------------------


@pytest.fixture
def alarms():
    """Put a handler and a timer of the user's in place, and give the list of its rings."""
    rings = []
    earlier = signal.signal(signal.SIGALRM, lambda *_: rings.append(1))
    yield rings
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, earlier)


@with_alarm
@pytest.mark.parametrize("where", ["", "constructor", "step", "error"])
def test_the_handler_and_the_timer_that_were_there_are_put_back(where, alarms):
    mine = signal.getsignal(signal.SIGALRM)
    signal.setitimer(signal.ITIMER_REAL, 1000, 7)
    settings = doe.RunConfiguration(Slow, run_id=0, max_steps=3, parameters={"where": where})
    if where == "error":
        settings = configuration(lambda: 1 / 0)
    record = run(settings, timeout=SHORT, on_error="record")
    assert record.status == {"": "ok", "error": "failed"}.get(where, "timeout")
    assert signal.getsignal(signal.SIGALRM) is mine
    left, interval = signal.getitimer(signal.ITIMER_REAL)
    assert 0 < left < 1000 - (SHORT if record.status == "timeout" else 0)
    assert interval == 7
    assert alarms == []


@with_alarm
def test_without_a_timer_there_is_none_afterwards(alarms):
    run(configuration(hang), timeout=SHORT, on_error="record")
    assert signal.getitimer(signal.ITIMER_REAL) == (0, 0)


@with_alarm
def test_a_timer_that_is_due_during_the_run_rings_after_it(alarms):
    signal.setitimer(signal.ITIMER_REAL, SHORT / 5)
    with pytest.raises(OutOfTime), Budget(SHORT):
        hang()
    end = time.monotonic() + 10
    while not alarms and time.monotonic() < end:
        pass
    assert alarms == [1]


@with_alarm
def test_a_handler_that_python_did_not_set_is_left_alone(monkeypatch):
    monkeypatch.setattr(signal, "getsignal", lambda number: None)
    monkeypatch.setattr(signal, "signal", lambda *_: pytest.fail("was exchanged"))
    with Budget(60) as budget:
        budget.check()


@with_alarm
def test_an_alarm_at_any_moment_leaves_nothing_behind(alarms):
    # From far too short to just too long for the block: the alarm rings in, before and after __exit__.
    mine = signal.getsignal(signal.SIGALRM)
    outcomes = set()
    for microseconds in range(1, 400):
        try:
            with Budget(microseconds * 1e-6):
                sum(range(1000))
            outcomes.add("in time")
        except OutOfTime:
            outcomes.add("out of time")
        assert signal.getsignal(signal.SIGALRM) is mine
        assert signal.getitimer(signal.ITIMER_REAL) == (0, 0)
    assert outcomes == {"in time", "out of time"}
    assert alarms == []


@with_alarm
def test_one_budget_serves_one_block_after_the_other():
    budget = Budget(SHORT)
    for _ in range(3):
        with pytest.raises(OutOfTime), budget:
            hang()
        with budget:
            budget.check()
