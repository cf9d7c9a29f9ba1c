"""Pages for people: a blueprint each; it takes its services from `server.services`."""

from server.pages import (
    case,
    clips,
    console,
    footage,
    lists,
    new_case,
    papers,
    people,
    preferences,
    review,
    settings,
    sign_in,
    style,
    visit,
)

BLUEPRINTS = tuple(
    module.blueprint
    for module in (
        sign_in, preferences, style, lists, new_case, case, papers, clips, console, footage, review, visit, people,
        settings,
    )
)  # fmt: skip
