"""Refusals of the node, and the problem documents (RFC 9457) that tell them. The only place that knows both."""

from typing import Final

TABLE: Final = {
    "sdp-invalid": (400, "The session description cannot be used."),
    "message-invalid": (400, "The message is not a JSON object of the expected shape."),
    "ticket-missing": (401, "A ticket is needed."),
    "ticket-invalid": (401, "The ticket was not issued here or is damaged."),
    "ticket-expired": (401, "The ticket has expired."),
    "ticket-wrong-place": (403, "The ticket is for another place."),
    "session-unknown": (404, "There is no such session."),
    "not-found": (404, "There is nothing at this address."),
    "method-refused": (405, "This method is not available here."),
    "codec-refused": (406, "None of the offered codecs is taken."),
    "not-publishing": (409, "The participant is not publishing yet."),
    "place-taken": (409, "Another ticket holds this place."),
    "survey-ended": (409, "The survey has ended."),
    "session-changed": (412, "The session has changed since."),
    "body-too-large": (413, "The body is too large."),
    "type-refused": (415, "This content type is not taken here."),
    "patch-refused": (422, "This change to the session is not supported."),
    "condition-missing": (428, "An If-Match header is needed."),
    "tickets-exhausted": (429, "The ticket's sessions are all in use."),
    "disk-low": (503, "There is too little disk left to begin another recording."),
    "node-full": (503, "The node takes no more sessions."),
    "unfinished": (503, "The recording is not written down completely yet."),
}


class Refusal(Exception):
    """A request that is refused; `code` is a key of `TABLE`."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def problem(code: str) -> dict[str, object]:
    """The problem document of a refusal."""
    status, title = TABLE[code]
    return {"type": f"/problems/{code}", "status": status, "title": title, "code": code}
