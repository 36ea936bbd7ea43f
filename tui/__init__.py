"""seqsetvae-watch: a terminal app that follows SeqSetVAE training logs."""
