"""The audit: proves at any time, from the rows alone, that the books are whole."""
