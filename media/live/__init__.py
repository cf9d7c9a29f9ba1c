"""The live node: one UDP port, DTLS, SRTP, forwarding, WHIP and WHEP.

Law: nothing here decodes video; no call blocks the event loop.
"""
