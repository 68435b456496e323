"""Search of published issues and comments, the same on PostgreSQL and on SQLite."""
