"""What the frontend refuses, and how it says so."""
