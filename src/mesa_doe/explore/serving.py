"""The page in a browser: a server for one reader, on this machine."""

from __future__ import annotations

import importlib
import os
import socket
import threading
import time
import webbrowser
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, TypeAlias
from urllib.parse import urlsplit

from mesa_doe._optional import require
from mesa_doe.errors import ConfigurationError
from mesa_doe.explore.opened import Opened

__all__ = ["PORT", "guarded", "listening", "serve"]

#: Taken where none is asked for, if it is free.
PORT = 8765

#: What ``app.py`` shows.
served: tuple[Opened, Callable[[], Opened]] | None = None

_Scope: TypeAlias = MutableMapping[str, Any]
_App: TypeAlias = Callable[
    [_Scope, Callable[[], Awaitable[Any]], Callable[[Any], Awaitable[None]]], Awaitable[None]
]

_LOCAL = {"localhost", "127.0.0.1", "::1"}


def serve(
    opened: Opened,
    reopen: Callable[[], Opened],
    *,
    host: str = "localhost",
    port: int | None = None,
    browser: bool = True,
    ready: Callable[[str], None] = print,
) -> None:
    """Show a study until the process is interrupted.

    Parameters
    ----------
    opened : Opened
    reopen : callable
        Reads the study again.
    host : str, default "localhost"
    port : int, optional
        0 takes a free one; by default 8765, or a free one where that is taken.
    browser : bool, default True
        Whether to open a browser.
    ready : callable
        Called with the address.

    Raises
    ------
    ConfigurationError
        If the address cannot be had.
    MissingDependencyError
        If Solara is not installed.
    """
    global served
    # Solara imports it when its server starts, and would say no word of an error in it.
    os.environ["SOLARA_APP"] = "mesa_doe.explore.app"
    importlib.import_module(os.environ["SOLARA_APP"])
    settings = require("solara.server.settings", extra="explore")
    uvicorn = require("uvicorn", extra="explore")
    settings.telemetry.mixpanel_enable = False
    settings.theme.title = "mesa-doe"
    settings.theme.show_banner = False  # it would lie over the page
    served = opened, reopen
    open_socket = listening(host, port)
    starlette = require("solara.server.starlette", extra="explore")
    # Two seconds for what is under way when it is ended; an open page would keep it waiting for ever.
    config = uvicorn.Config(guarded(starlette.app, host), log_level="critical", timeout_graceful_shutdown=2)
    server = uvicorn.Server(config)
    address = f"http://{f'[{host}]' if ':' in host else host}:{open_socket.getsockname()[1]}"
    threading.Thread(target=_announce, args=(server, address, browser, ready), daemon=True).start()
    with open_socket:
        server.run(sockets=[open_socket])


def listening(host: str, port: int | None) -> socket.socket:
    """Return a socket that is bound.

    Raises
    ------
    ConfigurationError
        If the port is taken, or the host is none of this machine.
    """
    wanted = [PORT, 0] if port is None else [port]
    for one in wanted:
        try:
            return socket.create_server(
                (host, one), family=socket.AF_INET6 if ":" in host else socket.AF_INET
            )
        except (OSError, OverflowError) as error:
            if one == wanted[-1]:
                raise ConfigurationError(
                    f"host {host!r} and port {one} cannot be had: {error}; choose another with --port (0 "
                    "takes a free one), and leave --host out to serve this machine alone"
                ) from error
    raise AssertionError  # pragma: no cover - the loop returns or raises


def guarded(app: _App, host: str) -> _App:
    """Refuse what other sites ask for: a page of theirs, open in the same browser, could reach this server.

    Parameters
    ----------
    app : ASGI application
    host : str
        Where it is served; names of other machines are refused where that is this machine.
    """

    async def guard(scope: _Scope, receive: Any, send: Any) -> None:
        if scope["type"] in ("http", "websocket") and not _is_own(dict(scope["headers"]), host):
            if scope["type"] == "websocket":
                await send({"type": "websocket.close", "code": 1008})
                return
            headers = [(b"content-type", b"text/plain")]
            await send({"type": "http.response.start", "status": 403, "headers": headers})
            await send({"type": "http.response.body", "body": b"another site asked for this"})
            return
        await app(scope, receive, send)

    return guard


def _is_own(headers: dict[bytes, bytes], host: str) -> bool:
    asked = headers.get(b"host", b"").decode("latin-1")
    origin = headers.get(b"origin")
    if origin is not None and urlsplit(origin.decode("latin-1")).netloc != asked:
        return False
    return host not in _LOCAL or urlsplit(f"//{asked}").hostname in _LOCAL


def _announce(server: Any, address: str, browser: bool, ready: Callable[[str], None]) -> None:
    while not server.started:
        if server.should_exit:
            return
        time.sleep(0.05)
    ready(address)
    if browser:
        webbrowser.open(address)
