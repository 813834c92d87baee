"""Research with no model and no key: real sentences found, kept word for word, and put in order."""
