"""Published examples and rules, one folder for each dialect."""
