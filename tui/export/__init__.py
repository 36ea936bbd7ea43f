"""Tables, charts and screens written to files."""
