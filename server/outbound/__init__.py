"""What the server says to others: the media node, the job queue, password hashes, pictures of codes."""
