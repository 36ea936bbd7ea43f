"""Measurements of training speed, each beside something to compare with in the same run."""
