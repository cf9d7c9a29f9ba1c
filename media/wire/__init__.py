"""Pure protocol: numbers, bytes and `now` in, facts and bytes out. No socket, no clock, no log."""
