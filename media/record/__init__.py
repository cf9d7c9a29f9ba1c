"""The recorder: packets of a track in, durable fragments, segments and gaps out. Blocks on its own threads only."""
