"""Alerts when a run becomes worse, on the screen and in scripts."""
