"""The response to an issue: everything that readers said about it, for the next issue."""
