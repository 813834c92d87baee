"""Research domains that can be swapped: one file a vertical, found by `registry`."""
