"""Promises of the business."""
