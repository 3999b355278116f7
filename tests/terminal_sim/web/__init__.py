"""The board in the browser, used as people use it."""
