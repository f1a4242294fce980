"""Weights in the formats of other libraries, read without them: a module a format, and `folder`, which finds the file."""
