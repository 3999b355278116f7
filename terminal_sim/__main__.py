"""`python -m terminal_sim`: the simulator's commands without the ledger's."""

from terminal_sim.cli import sim

if __name__ == "__main__":
    sim(prog_name="terminal_sim")
