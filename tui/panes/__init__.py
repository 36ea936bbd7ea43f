"""One pane of the screen per file."""
