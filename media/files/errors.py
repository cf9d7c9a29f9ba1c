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


class EmptyFile(FileRefused):
    """No byte in it."""

    code = "empty-file"


class NotMedia(FileRefused):
    """By its content it is nothing that this office looks at, whatever its name says."""

    code = "not-media"


class NamesOtherFiles(FileRefused):
    """A playlist, a concatenation script or a container that refers to files or addresses outside itself."""

    code = "names-other-files"


class Truncated(FileRefused):
    """It ends before what is needed to show anything."""

    code = "truncated"


class NoIndex(FileRefused):
    """An MP4 or MOV without its `moov`: the camera was switched off, or lost power, before it closed the file."""

    code = "no-index"


class NothingToSee(FileRefused):
    """A container without a picture or a sound that can be decoded."""

    code = "nothing-to-see"


class TooLarge(FileRefused):
    """A picture of more pixels, or a file of more parts, than is decoded here."""

    code = "too-large"


class OverLimits(FileRefused):
    """Reading it took more time or memory than one file may have."""

    code = "over-limits"


class Locked(FileRefused):
    """Encrypted: a password would be needed."""

    code = "locked"


class WrongDuration(FileRefused):
    """A rendition that is not as long as its source: thrown away."""

    code = "wrong-duration"


class Cancelled(FileRefused):
    """Somebody asked to stop."""

    code = "cancelled"


class ZipBomb(FileRefused):
    """An archive that would unpack to far more than it is, or holds archives in archives."""

    code = "zip-bomb"


class ZipUnsafe(FileRefused):
    """A member's name leads out of its folder, or is a link or a device."""

    code = "zip-unsafe"


class ZipTooMany(FileRefused):
    """More members than one upload may have."""

    code = "zip-too-many"


class ZipDamaged(FileRefused):
    """The archive's directory or a member cannot be read."""

    code = "zip-damaged"


class NoTelemetry(FileRefused):
    """A sidecar in which not one place or moment could be read."""

    code = "no-telemetry"


CODES: dict[str, type[FileRefused]] = {
    one.code: one
    for one in (
        OutsideRecording,
        InGap,
        Undecodable,
        EmptyFile,
        NotMedia,
        NamesOtherFiles,
        Truncated,
        NoIndex,
        NothingToSee,
        TooLarge,
        OverLimits,
        Locked,
        WrongDuration,
        Cancelled,
        ZipBomb,
        ZipUnsafe,
        ZipTooMany,
        ZipDamaged,
        NoTelemetry,
    )
}
"""Every refusal of this folder by its code: the list that the catalogues of sentences are compared with."""
