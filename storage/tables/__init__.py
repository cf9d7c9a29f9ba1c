"""The tables, one idea a file. Moments are integer microseconds UTC."""
