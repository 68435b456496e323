"""A sample newsroom, made from files by the same steps that people take."""
