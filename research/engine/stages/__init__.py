"""What a step does: plan, investigate, extract, verify, draft."""
