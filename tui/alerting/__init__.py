"""Telling the user that a run has become worse, on the screen and in scripts."""
