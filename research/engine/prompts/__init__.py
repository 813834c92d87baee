"""The prompts: one Markdown file each, with an id and a version; what was asked can be told by its digest for ever."""
