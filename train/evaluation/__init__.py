"""How good a model is, measured and shown."""
