"""Stand-ins for Twilio, Meta Graph and Kapso Platform, on one loopback port, with real state.

A user's place to try everything without an account, and the counterpart of the whole test suite.
`server` starts it, `options` says what it can be told, `catalogue` documents what it sells and
the bundles and addresses it knows. The vendors' pages that this follows are named where they
are followed.
"""
