"""The board in the browser: terminals drawn as what they are, and the world around them."""
