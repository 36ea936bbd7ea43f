"""What a log may do to whoever reads it: hostile files, driven through every way that the watcher has."""
