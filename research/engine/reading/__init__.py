"""What several parts of the engine read text with: periods, tables, their words and figures."""
