"""The version of this firmware: three whole numbers, raised with everything that is published."""

VERSION = "0.2.0"
