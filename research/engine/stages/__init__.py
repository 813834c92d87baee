"""The stages of a run, each one call of a role and the checks on what it gives. They know no tool or provider."""
