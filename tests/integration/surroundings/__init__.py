"""The fixtures themselves: each gives a real thing that works."""
