"""Public pages of who hears it."""
