"""From bytes to text with pages and true offsets, in a process that can be killed."""
