"""One-time passwords: read out by one person, typed by another."""

import secrets

SIGNS = "abcdefghjkmnpqrstuvwxyz23456789"  # none that looks like another


def new_password() -> str:
    """Four groups of four: 79 bits."""
    return "-".join("".join(secrets.choice(SIGNS) for _ in range(4)) for _ in range(4))
