"""What keys, palette and mouse do, by subject."""
