"""One module per revision, named and sorted by its number."""
