"""Log format 1, as it is written: records, codec, writer. Light: no torch, no Lightning, no pandas."""
