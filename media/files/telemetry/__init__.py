"""Where, when and how a camera looked, in one normal form, out of every format that cameras and drones write.

Parsers are pure: bytes or text in, a `Telemetry` out; what is broken is counted, never raised.
"""
