"""Keep pools of pre-verified WhatsApp numbers in your own Twilio account."""

__version__ = "0.1.0"
