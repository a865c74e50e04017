"""Everything that can be asked of Beadwork: each operation is declared once, one file a noun."""
