"""The object store: bytes kept under their own SHA-256, in a folder or an S3 service."""
