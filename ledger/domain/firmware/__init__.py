"""Firmware: what is published for devices to fetch, and who is offered what."""
