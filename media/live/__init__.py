"""The live node: one UDP port, DTLS, SRTP, forwarding, WHIP and WHEP. Nothing here decodes video; no call blocks the event loop."""
