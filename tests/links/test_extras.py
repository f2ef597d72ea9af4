"""`resolve --format extras`: what Meta's dialog takes."""

from __future__ import annotations

from tests.projects import ReadyProject


def test_extras_prints_only_what_metas_dialog_takes(filled: ReadyProject) -> None:
    called = filled.call("resolve", "--ref", "a", "--format", "extras")
    preverified_id = filled.answer("resolve", "--ref", "a")["preverified_id"]
    assert called.out == '{"setup":{"preVerifiedPhone":{"ids":["' + preverified_id + '"]}}}\n'
    live = filled.call("resolve", "--country", "CL", "--ref", "b", "--format", "extras")
    assert (live.out, "Meta's dialog takes nothing for it" in live.err) == ("null\n", True)
    assert filled.call("resolve", "--ref", "a", "--format", "extras", "--json").exit_code == 2
