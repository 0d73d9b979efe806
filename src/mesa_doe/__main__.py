"""``python -m mesa_doe``: the same as ``mesa-doe``."""

import sys

from mesa_doe.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
