"""Keep pools at their target: plan, buy and verify many at once, renew, trim."""
