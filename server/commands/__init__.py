"""What is done once from the command line and ends: a file each."""
