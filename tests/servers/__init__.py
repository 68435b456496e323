"""Real servers for tests: started on loopback in a temporary folder, stopped when the run ends."""
