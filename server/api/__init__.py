"""The HTTP API under /api/v1: a blueprint each; every refusal is a problem document."""

from server.api import cases, health, live, people, sign_in, surveys, visit

BLUEPRINTS = (
    health.blueprint,
    live.blueprint,
    sign_in.blueprint,
    people.blueprint,
    cases.blueprint,
    surveys.blueprint,
    visit.blueprint,
)
