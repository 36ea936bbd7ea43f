"""The sequential set-VAE: plain torch modules that know nothing of Lightning, logging or files."""
