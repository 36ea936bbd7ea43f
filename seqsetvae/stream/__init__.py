"""Log format 1: records, codec, writer, tailer and discovery of runs. Light: no torch, no Lightning, no pandas."""
