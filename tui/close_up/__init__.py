"""The logged points of a range of a long log, read again where the kept buckets are too coarse."""
