"""`python -m optimizer` is the command `keruen`."""

import sys

from optimizer.cli import main

sys.exit(main())
