"""One script a peer, run by `bench/decode.py`: each loads the model its own way and is asked for the same."""
