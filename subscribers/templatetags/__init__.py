"""What the templates of other rooms may use of this one."""
