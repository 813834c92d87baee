"""The MRD as data, Markdown, HTML and JSON."""
