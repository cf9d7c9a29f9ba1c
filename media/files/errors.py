"""What can be wrong with a file or with what is asked of it. `code` is stable; pages have a sentence for each."""


class FileRefused(Exception):
    """Base of all refusals here."""

    code = "file-refused"


class OutsideRecording(FileRefused):
    """The moment lies before the first or after the last recorded picture."""

    code = "time-outside-recording"


class InGap(FileRefused):
    """At that moment nothing usable was received."""

    code = "time-in-gap"


class Undecodable(FileRefused):
    """The bytes cannot be read, or not with the time and memory that are allowed."""

    code = "media-undecodable"
