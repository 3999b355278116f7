"""What is soldered around the microcontroller: wires, buses, chips, power and network."""
