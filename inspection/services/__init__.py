"""One verb a file. A service takes ports, values and the time; it decides and writes through the ports."""
