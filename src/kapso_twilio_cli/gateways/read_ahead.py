"""Read on while what was read is worked on: a long listing takes as long as the vendor needs."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Page = TypeVar("Page")


def one_ahead(pages: Iterator[Page]) -> Iterator[Page]:
    """The same pages, each asked for while the one before it is worked on; two are held at most.

    What asking raises is raised where the page would have come.
    """
    worker = ThreadPoolExecutor(1, thread_name_prefix="page")
    try:
        upcoming = worker.submit(next, pages, None)
        while (page := upcoming.result()) is not None:
            upcoming = worker.submit(next, pages, None)
            yield page
    finally:
        worker.shutdown(wait=False, cancel_futures=True)  # who stops listening does not wait
