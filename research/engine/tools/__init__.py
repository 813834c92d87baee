"""The tool shelf: one file a tool."""
