"""Tests of reading a stretch of a log again."""
