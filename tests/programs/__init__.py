"""Small programs as users write them, each run in every mode."""
