"""The retention policy in docs/retention.toml: read, checked and carried out every night."""
