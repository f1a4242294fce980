"""What a person sees of a training, and what is written of it."""
