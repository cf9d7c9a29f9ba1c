"""Our own WebRTC clients: they send and receive packets, and never encode or decode. For bench, demo and tests."""
