"""The only SQL. Each module offers one noun; the texts are in `queries/`."""
