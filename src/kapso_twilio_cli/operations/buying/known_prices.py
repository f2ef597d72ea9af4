"""The prices that were shown last: nobody pays another one unseen."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from ...domain.money import Money, decimal_text
from ...errors import LimitExceeded
from ...project import Project
from .quote import Choice, Quote, known_price


def keep_prices(project: Project, quotes: Sequence[Quote]) -> None:
    """Keep what the quotes cost; LimitExceeded where it is not what was shown last.

    The new price is kept all the same: the error shows it, so the next run goes on.
    """
    now = project.now()
    changes = []
    with project.inventory.write() as tx:
        for quoted in quotes:
            choice = quoted.choice
            shown = tx.prices.find(choice.country, choice.number_type)
            if shown is not None and shown.price != quoted.price:
                when = f"on {shown.asked_at:%Y-%m-%d}"
                changes.append(_in_words(choice, shown.price, when, quoted.price))
            tx.prices.keep(choice.country, choice.number_type, quoted.price, now)
    _refuse(changes)


def ask_again(project: Project, quotes: Sequence[Quote]) -> None:
    """Ask for the prices again, after a person took time to agree; LimitExceeded if one changed."""
    with ThreadPoolExecutor(len(quotes), thread_name_prefix="price") as workers:
        now = list(workers.map(lambda quoted: _price_now(project, quoted.choice), quotes))
    changes = [
        _in_words(quoted.choice, quoted.price, "when you were asked", price)
        for quoted, price in zip(quotes, now, strict=True)
        if price != quoted.price
    ]
    if changes:
        with project.inventory.write() as tx:
            for quoted, price in zip(quotes, now, strict=True):
                choice = quoted.choice
                tx.prices.keep(choice.country, choice.number_type, price, project.now())
    _refuse(changes)


def _price_now(project: Project, choice: Choice) -> Money:
    return known_price(choice, project.twilio.prices.monthly(choice.country))


def _in_words(choice: Choice, shown: Money, when: str, now: Money) -> str:
    price = decimal_text(now.amount) if now.currency == shown.currency else str(now)
    return (
        f"the price of {choice.number_type} numbers in {choice.country} changed:"
        f" {shown} a month {when}, {price} now"
    )


def _refuse(changes: Sequence[str]) -> None:
    if changes:
        raise LimitExceeded(
            "; ".join(changes),
            reason="no number is bought at a price that was not shown before",
            hint="to accept it, run the command again",
        )
