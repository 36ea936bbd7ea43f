"""What a terminal can show: light or dark, how many colours, which characters."""
