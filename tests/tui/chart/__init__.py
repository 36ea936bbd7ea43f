"""Tests of the pure chart pipeline."""
