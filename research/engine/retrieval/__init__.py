"""Find the right document, page and passage for a question: what is asked, ranking, page types."""
