"""What all tests share: the collector leaves alone what importing has made, which stays anyway."""

import gc


def pytest_collection_finish() -> None:
    gc.collect()
    gc.freeze()
