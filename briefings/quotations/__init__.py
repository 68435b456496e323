"""Readers quoted in issues: excerpts, consent, attribution, and what becomes of them."""
