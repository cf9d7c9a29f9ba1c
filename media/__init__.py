"""Seeing and recording: packets, frames and files; no case, no database, no Flask."""
