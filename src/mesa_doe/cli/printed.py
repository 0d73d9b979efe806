"""What a command prints, with a memory of why it could not: a closed pipe, or a full disk, of its own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, TextIO

__all__ = ["Printed"]


class Printed:
    """A standard stream that keeps the error of writing to it.

    Such an error may be of any other file or pipe too: that to a worker, or one that the model opened.

    Parameters
    ----------
    stream : TextIO
        ``sys.stdout`` or ``sys.stderr``.

    Attributes
    ----------
    broken : OSError, UnicodeEncodeError or None
        What was last raised by writing here.

    Examples
    --------
    >>> import io
    >>> printed = Printed(io.StringIO())
    >>> print("done", end="", file=printed)
    >>> printed.getvalue(), printed.broken
    ('done', None)
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self.broken: OSError | UnicodeEncodeError | None = None

    def write(self, text: str) -> int:
        """Write as the stream does."""
        with self._remembering():
            return self._stream.write(text)

    def writelines(self, lines: Iterable[str]) -> None:
        """Write as the stream does."""
        with self._remembering():
            self._stream.writelines(lines)

    def flush(self) -> None:
        """Flush as the stream does."""
        with self._remembering():
            self._stream.flush()

    @contextmanager
    def _remembering(self) -> Iterator[None]:
        try:
            yield
        except (OSError, UnicodeEncodeError) as error:
            self.broken = error
            raise

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)
