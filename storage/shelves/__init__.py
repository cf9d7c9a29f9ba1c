"""One port each: Core rows in, values out."""
