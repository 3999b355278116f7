"""Runs before main.py, and does nothing that could keep a person with a cable out."""

import gc

gc.collect()
