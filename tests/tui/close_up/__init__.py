"""Tests of reading a range of a log again."""
