"""What the engine talks about: frozen models and state tables."""
