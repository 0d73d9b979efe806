import asyncio

import pytest

from mesa_doe.errors import ConfigurationError
from mesa_doe.explore import serving


def asked(host, *headers, kind="http"):
    """Return whether an application behind the guard was reached, and what was sent."""
    reached, sent = [], []

    async def app(scope, receive, send):
        reached.append(scope["type"])

    async def send(message):
        sent.append(message)

    scope = {"type": kind, "headers": [(name.encode(), value.encode()) for name, value in headers]}
    asyncio.run(serving.guarded(app, host)(scope, None, send))
    return bool(reached), sent


@pytest.mark.parametrize("kind", ["http", "websocket"])
@pytest.mark.parametrize(
    ("host", "headers", "allowed"),
    [
        ("localhost", [("host", "localhost:8765")], True),
        ("localhost", [("host", "localhost:8765"), ("origin", "http://localhost:8765")], True),
        ("localhost", [("host", "127.0.0.1:9")], True),
        ("::1", [("host", "[::1]:9"), ("origin", "http://[::1]:9")], True),
        ("localhost", [("host", "localhost:8765"), ("origin", "http://evil.example")], False),
        ("localhost", [("host", "localhost:8765"), ("origin", "http://localhost:99")], False),
        ("localhost", [("host", "localhost:8765"), ("origin", "null")], False),
        ("localhost", [("host", "evil.example:8765"), ("origin", "http://evil.example:8765")], False),
        ("localhost", [], False),
        ("0.0.0.0", [("host", "lab.example:80"), ("origin", "http://lab.example:80")], True),
        ("0.0.0.0", [("host", "lab.example:80"), ("origin", "http://evil.example")], False),
    ],
)
def test_pages_of_other_sites_are_refused(kind, host, headers, allowed):
    reached, sent = asked(host, *headers, kind=kind)
    assert reached is allowed
    if not allowed:
        refusal = {"type": "websocket.close", "code": 1008}
        assert sent[0] == refusal if kind == "websocket" else sent[0]["status"] == 403


def test_other_scopes_pass():
    assert asked("localhost", kind="lifespan")[0]


def test_a_port_that_is_taken_is_refused_if_it_was_asked_for():
    with serving.listening("localhost", 0) as first:
        taken = first.getsockname()[1]
        with pytest.raises(ConfigurationError, match=f"port {taken} cannot be had"):
            serving.listening("localhost", taken)


def test_by_default_a_port_that_is_taken_gives_way_to_a_free_one(monkeypatch):
    with serving.listening("localhost", 0) as first:
        monkeypatch.setattr(serving, "PORT", first.getsockname()[1])
        with serving.listening("localhost", None) as second:
            assert second.getsockname()[1] not in (0, serving.PORT)


def test_an_address_of_version_six_is_served():
    with serving.listening("::1", 0) as found:
        assert found.getsockname()[1]


def test_a_host_that_is_another_machine_is_refused():
    with pytest.raises(ConfigurationError, match=r"host '192\.0\.2\.1'"):
        serving.listening("192.0.2.1", 0)
