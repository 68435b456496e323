"""An issue as readers get it: web page, email HTML and plain text."""
