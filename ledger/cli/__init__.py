"""The operator's command: `tapledger`."""
