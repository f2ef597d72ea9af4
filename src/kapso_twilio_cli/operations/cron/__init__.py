"""A run that nobody starts by hand: systemd, and text for other schedulers."""
