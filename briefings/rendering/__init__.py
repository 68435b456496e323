"""An issue as readers get it: web page, e-mail HTML, plain text."""
