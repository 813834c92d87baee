"""The agent, what it finds, and the record of what was decided."""
