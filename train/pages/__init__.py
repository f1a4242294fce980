"""What is in a data set, as a page in the terminal and on the web."""
