"""The research model filled with Claude, over the Messages API."""
