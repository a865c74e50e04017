"""The `bd` command line."""
