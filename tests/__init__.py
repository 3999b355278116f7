"""Tests: a mirror of the source, and folders for what no single module promises."""
