"""The HTTP API under /api/v1: a blueprint each; every refusal is a problem document."""
