"""Names of parametrised cases that are the same in every process: workers of pytest-xdist compare them."""

import re


def stable_id(value):
    text = repr(sorted(value)) if isinstance(value, (set, frozenset)) else repr(value)
    return re.sub(r" at 0x[0-9a-f]+", "", text)
