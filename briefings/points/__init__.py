"""Recurring points: what several responses say, found by an editor with the help of a ranking."""
