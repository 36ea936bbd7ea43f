"""Patient events: raw files to parquet, parquet to a packed store, a packed store to batches."""
