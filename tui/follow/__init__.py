"""Following logs as they grow, in a thread of its own: files to columns to the store."""
