"""Trying again, resting, and accounting for every call: in one place, for every tool."""
