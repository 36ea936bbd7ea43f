"""The true points of a stretch of a long log, read again where the kept buckets are too coarse."""
