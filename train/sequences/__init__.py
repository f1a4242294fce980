"""From rows and raw text to the token sequences and arrays of each update."""
