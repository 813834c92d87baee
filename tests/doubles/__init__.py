"""Real small implementations of the ports, for tests."""
