"""A witness's door (C2SP tlog-witness): it signs a log's checkpoint when it continues the one that it signed before."""

from collections.abc import Callable

from flask import Flask, Response, request
from werkzeug.exceptions import RequestEntityTooLarge

from inspection.model.log import TEXT_TYPE, Reply
from inspection.model.shape import Malformed
from inspection.model.tlog import Sign, VerifierKey
from inspection.ports import WitnessBook
from inspection.services.cosign import SUBMISSION_LARGEST, answer, followed, origin_of


def create_witness(
    book: WitnessBook,
    logs: list[VerifierKey],
    learn: Callable[[VerifierKey], None],
    key: VerifierKey,
    sign: Sign,
    now_s: Callable[[], int],
) -> Flask:
    """`now_s` is the witness's clock in seconds since 1970 UTC; `learn` keeps a log's new key."""
    app = Flask("takan-witness", static_folder=None, template_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = SUBMISSION_LARGEST

    @app.get("/")
    def who() -> Response:
        """The witness's own key, the logs that it watches, and what it signed last of each."""
        seen = [f"{one.origin} {one.size} {one.root.hex()}" for one in book.all()]
        lines = [f"witness {key.text()}", *(f"log {one.text()}" for one in logs), *(f"signed {one}" for one in seen)]
        return Response("\n".join(lines) + "\n", content_type=TEXT_TYPE)

    @app.post("/add-checkpoint")
    def add() -> Response:
        try:
            submission = request.get_data()
        except RequestEntityTooLarge:
            return _response(Reply(413, "too large\n"))
        try:
            origin = origin_of(submission)
        except Malformed:
            return _response(Reply(400, "not in form\n"))
        if all(origin != one.name for one in logs):  # before anything is looked up for strangers
            return _response(Reply(404, "unknown log\n"))
        try:
            return _response(book.step(origin, lambda last: answer(submission, logs, last, key, sign, now_s())))
        except OSError:
            return _response(Reply(503, "cannot remember, so cannot sign\n"))

    @app.post("/add-keys")
    def follow() -> Response:
        """Not of C2SP: a log's new key is taken over when one that is known here has handed over to it."""
        try:
            new = followed(request.get_data(), logs)
        except (Malformed, RequestEntityTooLarge):
            return _response(Reply(400, "not in form\n"))
        for one in new:
            learn(one)
            logs.append(one)
        return _response(Reply(200, "".join(f"log {one.text()}\n" for one in new)))

    return app


def _response(reply: Reply) -> Response:
    return Response(reply.body, status=reply.status, content_type=reply.type)
