"""Terminals: the instances that may speak for devices, apps and services."""
