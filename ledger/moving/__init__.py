"""Moving and keeping the books: copies between databases, backups, and what brings them back."""
