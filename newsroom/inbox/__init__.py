"""The development inbox: letters as files, and a page that shows them."""
