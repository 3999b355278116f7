"""Moving and keeping the books."""
