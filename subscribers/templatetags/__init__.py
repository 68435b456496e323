"""Template tags about subscribing, for the templates of every app."""
