"""What is sold, and what each terminal sells of it."""
