"""What is read from log directories, and how it is kept: files to columns to buckets, in a thread of its own."""
