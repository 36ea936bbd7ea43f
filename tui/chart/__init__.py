"""Pure chart pipeline: scale, downsample, raster."""
