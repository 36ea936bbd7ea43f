"""How fast the watcher reads, and in how much memory."""
