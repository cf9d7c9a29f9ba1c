"""The HTTP API under /api/v1: a blueprint each; every refusal is a problem document."""

from server.api import (
    annotation_exchange,
    annotations,
    cases,
    clips,
    description,
    evidence,
    findings,
    health,
    live,
    log,
    media,
    packages,
    papers,
    people,
    room,
    sign_in,
    surveys,
    timeline,
    uploads,
    visit,
)

BLUEPRINTS = tuple(
    module.blueprint
    for module in (
        description, health, live, log, media, sign_in, people, cases, surveys, visit, room, findings, timeline,
        packages, papers, clips, uploads, evidence, annotations, annotation_exchange,
    )
)  # fmt: skip
