"""Tests of the fleet: its plan, its light terminals, its account."""
