"""`python -m kapso_twilio_cli` is `kapso-twilio`."""

from .main import run

run()
