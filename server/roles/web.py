"""The web role: the app under gunicorn with threads. Stateless; any number of them may run."""

import logging
import os
from collections.abc import Callable, Iterable
from typing import Any

from gunicorn.app.base import BaseApplication
from gunicorn.glogging import Logger

from server import logs, wiring
from server.app import create_app
from server.configuration import Configuration
from server.roles.lifeline import hold

LISTEN = "TAKAN_LISTEN"  # the number of a listening socket that the supervisor keeps across restarts
Environ = dict[str, Any]
Start = Callable[..., Any]


class JsonLogger(Logger):  # type: ignore[misc]
    """gunicorn's messages go where all others go."""

    def setup(self, cfg: Any) -> None:
        self.error_log.propagate = True
        self.error_log.handlers[:] = []
        self.error_log.setLevel(logging.WARNING)
        self.access_log.disabled = True


class Web(BaseApplication):  # type: ignore[misc]
    def __init__(self, configuration: Configuration) -> None:
        self._configuration = configuration
        super().__init__()

    def load_config(self) -> None:
        web = self._configuration.web
        handle = os.environ.pop(LISTEN, "")
        settings = {
            "bind": [f"fd://{handle}" if handle else f"{web.address}:{web.port}"],
            "workers": web.workers,
            "worker_class": "gthread",
            "threads": web.threads,
            "timeout": 60,
            "graceful_timeout": 5,
            "keepalive": 15,
            "worker_tmp_dir": "/dev/shm" if os.path.isdir("/dev/shm") else None,  # noqa: S108
            "logger_class": JsonLogger,
            "control_socket_disable": True,
            "forwarded_allow_ips": "*" if web.proxies else "",
            "proc_name": "takan-web",
        }
        if web.certificate:
            settings |= {"certfile": web.certificate, "keyfile": web.key}
        for name, value in settings.items():
            self.cfg.set(name, value)

    def load(self) -> Callable[[Environ, Start], Iterable[bytes]]:
        """In the worker process, after the fork: engines and locks are its own."""
        return closing_refusals(create_app(wiring.services(self._configuration)))


def closing_refusals(app: Callable[[Environ, Start], Iterable[bytes]]) -> Callable[[Environ, Start], Iterable[bytes]]:
    """After a 413 the connection is closed: gunicorn would read the refused body to its end to find the next one."""

    def wrapped(environ: Environ, start: Start) -> Iterable[bytes]:
        def watch(status: str, headers: list[tuple[str, str]], error: Any = None) -> Any:
            response = getattr(start, "__self__", None)
            if response is not None and status.startswith("413"):
                response.force_close()
            return start(status, headers, error)

        return app(environ, watch)

    return wrapped


def run(configuration: Configuration) -> int:
    logs.set_up("web", configuration.log.level)
    hold()
    Web(configuration).run()
    return 0
