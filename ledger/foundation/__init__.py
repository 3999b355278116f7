"""What everything stands on: money, ids, time, refusals, actors. Standard library only."""
