"""The simulator: its VM, its chips, its bench and its commands."""
