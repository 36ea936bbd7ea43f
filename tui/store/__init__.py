"""What is known of every run, shared by the reading thread and whoever draws."""
