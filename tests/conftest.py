import signal

import pytest


@pytest.fixture(autouse=True)
def ctrl_c_is_as_it_was():
    """Some libraries take Ctrl-C away when they are imported, and what fails of it is a test elsewhere."""
    before = signal.getsignal(signal.SIGINT)
    yield
    assert signal.getsignal(signal.SIGINT) is before
