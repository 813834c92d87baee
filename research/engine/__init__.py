"""The research engine: pure Python, no Django, no clock, no settings, no environment."""
