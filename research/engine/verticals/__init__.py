"""The verticals: one file each, found by the registry."""
