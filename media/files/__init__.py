"""Finished files: probe and derive. Runs in the worker only, parsers and encoders as limited children."""
