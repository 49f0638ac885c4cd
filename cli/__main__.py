"""`python -m cli` is `coko`."""

import sys

from cli.main import main

sys.exit(main())
