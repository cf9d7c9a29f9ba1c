"""One file a change; its name begins with its number."""
