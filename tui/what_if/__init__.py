"""What the detector would have said with other thresholds."""
