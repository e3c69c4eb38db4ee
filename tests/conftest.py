"""The same examples on every machine, and a collector that leaves imports alone."""

import gc

from hypothesis import settings

settings.load_profile("ci")  # no deadline, no chance, nothing kept from the last run


def pytest_collection_finish() -> None:
    gc.collect()
    gc.freeze()  # what importing has made stays anyway
