"""Ways in. A door parses, calls an operation and renders; no rule of the domain lives here."""
