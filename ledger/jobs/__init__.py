"""What is done beside the requests: functions that a person or a scheduler starts."""
