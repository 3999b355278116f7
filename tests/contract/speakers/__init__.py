"""One speaker for each dialect: what the promises need said in its language."""
