"""Measurements that take longer than a test, with the means to repeat them."""
