"""One JSON object a line on standard error; whatever is logged while a survey is handled carries its id."""

import json
import logging
import sys
from contextvars import ContextVar
from datetime import UTC, datetime

survey_id: ContextVar[str | None] = ContextVar("survey_id", default=None)
request_id: ContextVar[str | None] = ContextVar("request_id", default=None)

PLAIN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName", "color_message"}


class JsonLines(logging.Formatter):
    def __init__(self, role: str) -> None:
        super().__init__()
        self._role = role

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "role": self._role,
            "from": record.name,
            "message": record.getMessage(),
        }
        for name, value in (("survey", survey_id.get()), ("request", request_id.get())):
            if value:
                line[name] = value
        line |= {name: value for name, value in vars(record).items() if name not in PLAIN}
        if record.exc_info:
            line["error"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False, default=str)


def set_up(role: str, level: str) -> None:
    """Once a process, at its edge."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines(role))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for noisy in ("aiohttp.access", "aioice", "aiortc", "urllib3", "alembic", "dbos", "asyncio", "werkzeug"):
        logging.getLogger(noisy).setLevel("WARNING")
