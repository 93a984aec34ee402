"""Durations that people can read and write."""

# The units of time, from small to large, in seconds.
UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
