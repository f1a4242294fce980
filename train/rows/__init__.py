"""From the files that a person gives to rows with a place, checked and split."""
