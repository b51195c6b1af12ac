"""Every keyword of every NumPy function with a rule, given another value than usual."""
