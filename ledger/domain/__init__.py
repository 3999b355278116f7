"""The business: one folder a feature, no Flask, no HTTP."""
