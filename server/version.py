"""Which Takan this is, as papers and credentials name it."""

VERSION = "0.1.0"
