"""Running: chunks of configurations through joblib or an executor, into memory or a study folder."""

import lazy_loader

# As in the package's root: a worker runs chunks, and needs neither results nor analyses.
__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
