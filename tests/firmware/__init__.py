"""The firmware under CPython: drivers as transcripts, journal, client, and devices with parts that behave."""
