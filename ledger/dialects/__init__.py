"""One folder for each published API; no dialect knows another."""
