"""Date and time formats for templates and the admin."""
