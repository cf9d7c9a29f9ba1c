"""The object store: bytes kept under their own SHA-256, in a folder or an S3 service.

Both kinds lay their objects out alike (`ab/cd/<digest>`), so that a folder can be copied into a bucket and back.
One class serves both cores; what it raises while the store is away is the office's `Unavailable` and media's
`OSError` at once.
"""
