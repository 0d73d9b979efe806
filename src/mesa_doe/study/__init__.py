"""The study folder: shards, ledger, lock, resume."""

import lazy_loader

# As in the package's root: who asks how far a study is must not wait for pandas.
__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
