import signal

import pytest
from hypothesis import settings

# No test fails because the machine is busy.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")


@pytest.fixture(autouse=True)
def ctrl_c_is_as_it_was():
    """Some libraries take Ctrl-C away when they are imported, and what fails of it is a test elsewhere."""
    before = signal.getsignal(signal.SIGINT)
    yield
    assert signal.getsignal(signal.SIGINT) is before
