"""What others hear of a run: pings, a metrics file, a hook, messages."""
