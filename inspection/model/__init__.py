"""The nouns of an inspection, and the rules that belong to one noun alone."""
