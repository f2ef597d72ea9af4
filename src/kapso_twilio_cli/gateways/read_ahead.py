"""Read on while what was read is worked on: a long listing takes as long as the vendor needs."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import Future
from typing import TypeVar

Page = TypeVar("Page")


def one_ahead(pages: Iterator[Page]) -> Iterator[Page]:
    """The same pages, each asked for while the one before it is worked on; two are held at most.

    What asking raises is raised where the page would have come. Who stops listening does not wait
    for the page under way, and neither does the end of the program.
    """
    upcoming = _asked(pages)
    while (page := upcoming.result()) is not None:
        upcoming = _asked(pages)
        yield page


def _asked(pages: Iterator[Page]) -> Future[Page | None]:
    coming: Future[Page | None] = Future()

    def ask() -> None:
        try:
            coming.set_result(next(pages, None))
        except BaseException as error:  # noqa: BLE001 - it is raised where the page is waited for
            coming.set_exception(error)

    # A pool's threads would be waited for at the program's end.
    threading.Thread(target=ask, name="page", daemon=True).start()
    return coming
