"""Promises that every dialect keeps."""
