"""The operator's command, run as people run it."""
