"""What holds for all tests: properties are tried on the same examples each time; `make soak` looks for new ones."""

import os

from hypothesis import settings

settings.register_profile("sample", derandomize=True)
settings.register_profile("search", settings.get_profile("default"))
settings.load_profile("search" if os.environ.get("APIMDOCTOR_SEARCH") else "sample")
