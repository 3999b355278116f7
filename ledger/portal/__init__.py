"""The pages for people: the desk, the wallet's owner, the operator."""
