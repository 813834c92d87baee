"""The review desk: one file a gate."""
