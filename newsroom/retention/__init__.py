"""What is kept about people, and for how long: docs/retention.toml, read and carried out."""
