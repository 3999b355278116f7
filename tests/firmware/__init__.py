"""The firmware under CPython: drivers as byte transcripts, journal, client, and devices with parts that behave."""
