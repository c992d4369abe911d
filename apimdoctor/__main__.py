"""`python -m apimdoctor`: the command line."""

import sys

from apimdoctor.cli import main

sys.exit(main())
