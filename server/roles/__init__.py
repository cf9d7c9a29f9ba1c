"""The processes: web, media, worker, and the supervisor, demo and bench that drive them. The composition root."""
