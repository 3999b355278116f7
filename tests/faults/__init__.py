"""Faults on real servers in a few seconds each; the long versions are scripts in `benchmarks/faults`."""
