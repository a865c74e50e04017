"""Coordinate a team of coding agents: issues, claims, workers and messages in one store."""

__version__ = "0.1.0"
