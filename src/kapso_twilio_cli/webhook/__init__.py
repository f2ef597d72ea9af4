"""The receiver: what Twilio sends when something comes in, taken in at once."""
