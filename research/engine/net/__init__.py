"""The guarded way to other people's servers: addresses checked at connect time, everything capped."""
