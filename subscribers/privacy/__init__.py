"""What we keep about a person: `personal_data` finds it, and the others act on it.

`data_export` makes the file for its owner, `erasure` removes everything, `list_erasure` does so in
uploaded lists, from a worker (`tasks`). `admin` has the erase page for staff, `views` the public
privacy page.
"""
