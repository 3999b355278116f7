"""What no single module promises: floors, sizes, names, documents."""
