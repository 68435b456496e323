"""The development inbox: emails kept as files, and pages that show them."""
