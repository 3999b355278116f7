"""Measured work, printed as ratios in one run; never a timed test."""
