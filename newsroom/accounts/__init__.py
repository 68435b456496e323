"""How staff log in, and what a log-in is good for. An app of its own, with its own migrations."""
