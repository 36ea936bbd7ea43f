"""What a trained model makes of patients: its latent space, its errors, one patient's course, as figures and tables."""
