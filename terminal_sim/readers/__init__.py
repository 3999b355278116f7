"""Real card readers on this computer, which feed the reader chip of a simulated terminal."""
