"""Taking numbers and pictures along: tables, charts, screens."""
