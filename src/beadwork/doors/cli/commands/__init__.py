"""The commands of `bd`, a noun a module: each parses, asks and shows."""
