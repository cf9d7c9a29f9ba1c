"""Pages for people: a blueprint each; it takes its services from `server.services`."""

from server.pages import preferences, sign_in, style

BLUEPRINTS = (sign_in.blueprint, preferences.blueprint, style.blueprint)
