"""What the devices' firmware costs: time, memory, flash and bytes, in the simulator."""
