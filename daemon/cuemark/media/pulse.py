"""Signs of life of reading a media: a count that grows with every read of the file and every picture that comes of it.

A decoder that hangs inside a library cannot say so; whoever watches this count from another thread can.
"""

from __future__ import annotations


class Pulse:
    """The signs so far."""

    def __init__(self) -> None:
        self.beats = 0

    def beat(self) -> None:
        """Something was read, or came of what was read."""
        self.beats += 1


PULSE = Pulse()
"""That of this process, which reads one media at a time."""
