"""Values and rules. No I/O, no clock, no chance: time and ids are arguments."""
