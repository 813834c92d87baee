"""Tools of research, one file each: `build(...)` gives a `ports.Tool`. They know nothing of one another."""
