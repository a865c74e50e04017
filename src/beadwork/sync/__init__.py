"""The only files and git: reading and writing `.beads/`, locks, merges of files."""
