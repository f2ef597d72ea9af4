"""What makes shown output unlike, and what may differ; how pages are read."""

from __future__ import annotations

import pytest

from .likeness import Names
from .pages import commands_of, typed_elsewhere

PAGE = """\
# A page

<!-- exits 10 -->
```console
$ a --b \\
    --c
shown

also shown
$ d
error: no
```

```sh
make test
$ typed
```

```console
$ kapso-twilio sandbox serve
$ kapso-twilio sandbox serve > x &
```
"""


def test_a_command_goes_on_while_lines_end_with_a_backslash() -> None:
    first, second, *_ = commands_of(PAGE)
    assert (first.line, first.command) == (5, "a --b \\\n    --c")
    assert first.output == ("shown", "also shown")
    assert (second.command, second.output) == ("d", ("error: no",))


def test_a_command_ends_with_the_code_that_the_page_lets_expect() -> None:
    first, *_, server, beside = commands_of(PAGE)
    assert first.ended_as_shown(10)
    assert not first.ended_as_shown(0)
    [fails] = commands_of("```console\n$ d\nerror: no\n```\n")
    assert fails.ended_as_shown(3)
    assert not fails.ended_as_shown(0)
    assert beside.ended_as_shown(0)
    assert not beside.ended_as_shown(1)
    assert (server.is_server, beside.is_server) == (True, False)


def test_what_looks_typed_in_another_block_is_found() -> None:
    assert typed_elsewhere(PAGE) == ["$ typed"]


@pytest.mark.parametrize(
    ("shown", "real"),
    [
        ("held until 2026-11-25 10:12 UTC", "held until 2027-01-01 00:00 UTC"),
        ("it came by sms, 5 s ago", "it came by sms, 0 s ago"),
        ("last reconcile: just now, done", "last reconcile: 1 s ago, done"),
        ("a   b", "a b"),
        ("(in 23 h)", "(in 24 h)"),
        ('"preverified_id": "986732435787387"', '"preverified_id": "1111111"'),
        ("for 6f1b…, until", "for 6f1b0a52-9d0e, until"),
        ("135168 bytes, 5 numbers", "200704 bytes, 5 numbers"),
    ],
)
def test_times_ages_ids_and_sizes_may_differ(shown: str, real: str) -> None:
    assert Names({}).unlike([shown], ["before", real, "after"]) == []


@pytest.mark.parametrize(
    ("shown", "real"),
    [
        ("5 of 5 ready", "4 of 5 ready"),
        ("at 1.15 USD", "at 2.50 USD"),
        ("+13105556713 is connected", "+13105556713 is reserved"),
        ("is held", "is held for it"),
    ],
)
def test_words_counts_and_prices_may_not(shown: str, real: str) -> None:
    assert Names({}).unlike([shown], [real]) == [shown]


def test_a_line_that_is_shown_twice_must_come_twice() -> None:
    assert Names({}).unlike(["}", "}"], ["}"]) == ["}"]


def test_an_example_stands_for_the_real_thing_at_its_place_to_the_end_of_the_page() -> None:
    names = Names({})
    assert names.unlike(["+13105556713 for signup-1"], ["+12025550000 for signup-1"]) == []
    assert names.in_real("connect +13105556713") == "connect +12025550000"
    assert names.unlike(["+13105556713 is connected"], ["+12025550000 is connected"]) == []
    assert names.unlike(["+13105556713 is connected"], ["+12025550001 is connected"]) != []
