"""Any log, read piece by piece as numbers in columns: no torch, no TensorBoard, no W&B needed."""
