"""Simplified Chinese; loaded only where it is spoken."""
