"""The main job, from an empty inventory to handed-out numbers and back."""

from __future__ import annotations

from tests.projects import ReadyProject


def test_the_main_job_is_done_with_the_inventory_and_the_bill_alike(project: ReadyProject) -> None:
    filled = project.answer("pool", "fill")
    assert filled["pools"] == [
        {
            "country": "US",
            "target_size": 2,
            "ready_before": 0,
            "ready": 2,
            "bought": 2,
            "verified": 2,
            "failed": 0,
            "shortfall": 0,
            "reasons": [],
        }
    ]
    assert (filled["monthly_cost_added"], filled["currency"]) == ("2.30", "USD")

    first = project.answer("resolve", "--country", "US", "--ref", "a")
    assert (first["path"], first["otp_required"]) == ("pool", False)
    assert project.answer("resolve", "--country", "US", "--ref", "a") == first

    live = project.answer("resolve", "--country", "CL", "--ref", "b")
    assert (live["path"], live["otp_required"]) == ("live", True)

    for held in (first, live):
        assert project.answer("connect", held["phone_number"])["state"] == "connected"
    returned = project.answer("disconnect", first["phone_number"])
    assert (returned["state"], returned["policy"]) == ("provisioned", "return_to_pool")
    retired = project.answer("disconnect", live["phone_number"], "--policy", "mark_unavailable")
    assert (retired["state"], retired["policy"]) == ("unavailable", "mark_unavailable")

    reconciled = project.answer("reconcile")
    assert reconciled["actions"] == [
        {"kind": "verified", "phone_number": first["phone_number"], "detail": None}
    ]
    assert reconciled["unresolved"] == []

    status = project.answer("status")
    (pool,) = status["pools"]
    assert (pool["ready"], pool["shortfall"], pool["surplus"]) == (2, 0, 0)
    assert status["attention"] == []
    assert (status["monthly_cost"], status["monthly_cost_at_target"]) == ("4.80", "4.80")
    assert status["last_reconcile"]["exit_code"] == 0

    assert project.owes_what_it_knows()
    assert len(project.bought()) == 3
