"""The research model with no language model and no key: it finds, quotes and arranges."""
