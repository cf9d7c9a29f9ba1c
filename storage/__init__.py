"""Keeping: implements the cores' ports; decides nothing; hands out values, never a row or a connection."""
