"""What the screen and the report show, computed without drawing it."""
