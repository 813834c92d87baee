"""Timeouts, retry and breakers round every tool call, in one place."""
