"""The application factory: blueprints, guards and what every template is given. Nothing happens at import."""

import logging
import secrets
import time
from pathlib import Path
from types import TracebackType

from flask import Flask, Response, g, request
from werkzeug.middleware.proxy_fix import ProxyFix

from server import api, assets, logs, pages, problems, security, visitors
from server.services import Services
from server.words import Catalogue, language_of

WEB = Path(__file__).resolve().parent.parent / "web"
log = logging.getLogger("takan.web")
QUIET = ("assets.file", "health.health")  # asked too often to be told of

ExcInfo = tuple[type, BaseException, TracebackType | None] | tuple[None, None, None]


class Takan(Flask):
    """Logs a bug once, by the route's rule: a path may hold a link's secret."""

    def log_exception(self, exc_info: ExcInfo) -> None:
        rule = request.url_rule.rule if request.url_rule else "-"
        log.error("bug", exc_info=exc_info, extra={"method": request.method, "route": rule})


def create_app(given: Services, web: Path = WEB) -> Flask:
    """`web` holds templates, translations and the built files."""
    app = Takan("takan", template_folder=str(web / "templates"), static_folder=None)
    app.extensions["takan"] = given
    app.config["MAX_FORM_PARTS"] = 200
    app.json.ensure_ascii = False  # type: ignore[attr-defined]
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.url_map.strict_slashes = False
    catalogue = Catalogue.read(web / "translations")
    _begin_and_end(app, given, catalogue)
    visitors.register(app, given)
    security.register(app, given)
    problems.register(app)
    _give_templates(app, given, catalogue, web)
    app.register_blueprint(assets.blueprint(web / "dist"))
    for blueprint in (*api.BLUEPRINTS, *pages.BLUEPRINTS):
        app.register_blueprint(blueprint)
    if given.settings.web.proxies:
        count = given.settings.web.proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=count, x_proto=count, x_host=count)  # type: ignore[method-assign]
    return app


def _begin_and_end(app: Flask, given: Services, catalogue: Catalogue) -> None:
    @app.before_request
    def begin() -> None:
        g.began = time.monotonic()
        g.request_id = secrets.token_hex(8)
        g.lang = language_of(request, given.settings.office.language)
        g.say = catalogue.say(g.lang)
        logs.request_id.set(g.request_id)
        logs.survey_id.set((request.view_args or {}).get("survey"))

    @app.after_request
    def tell(response: Response) -> Response:
        if request.endpoint not in QUIET:
            spent = round((time.monotonic() - g.began) * 1000, 1)
            rule = request.url_rule.rule if request.url_rule else "-"
            facts = {"method": request.method, "route": rule, "status": response.status_code, "ms": spent}
            log.info("request", extra=facts)
        response.headers["Content-Language"] = g.lang
        response.headers["X-Request-Id"] = g.request_id
        return response


def _give_templates(app: Flask, given: Services, catalogue: Catalogue, web: Path) -> None:
    asset = assets.reader(web / "dist")

    @app.context_processor
    def every_page() -> dict[str, object]:
        return {
            "say": g.say,
            "words": lambda *prefixes: catalogue.words(g.lang, prefixes),
            "asset": asset,
            "lang": g.lang,
            "office": given.settings.office.name,
            **visitors.for_templates(),
        }
