"""Pages for people: a blueprint each; it takes its services from `server.services`."""
