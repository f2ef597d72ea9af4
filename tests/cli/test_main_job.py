"""The main job, from an empty inventory to a handed-out number and back."""

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
    assert project.owes_what_it_knows()
