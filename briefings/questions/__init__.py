"""Questions to readers: asked in a section, answered on a page, told what became of it."""
