"""The OpenAPI 3.1 document, made from what is there: the routes, their operations' terms and the types of documents."""

import re
from collections.abc import Iterator, Mapping
from types import NoneType, UnionType
from typing import Any, Literal, NotRequired, Required, Union, get_args, get_origin, get_type_hints, is_typeddict

from flask import Flask
from werkzeug.routing import Rule

from server.documents import Problem
from server.operation import Operation, Terms
from server.schema import IDENTIFIER, Field, Texts
from server.security import SAFE

Schema = dict[str, Any]
MARK = re.compile(r"<(?:(?P<kind>\w+)(?:\((?P<words>[^)]*)\))?:)?(?P<name>\w+)>")
PLAIN: dict[Any, Schema] = {
    str: {"type": "string"},
    int: {"type": "integer"},
    float: {"type": "number"},
    bool: {"type": "boolean"},
    NoneType: {"type": "null"},
    Any: {},
}
PARTS: dict[str, Schema] = {  # of a path; any other is an identifier
    "digest": {"type": "string", "pattern": "^[0-9a-f]{64}$"},
    "check": {"type": "string", "minLength": 1, "maxLength": 64},
    "job": {"type": "string", "pattern": "^[0-9a-z-]{1,80}$"},
    "node": {"type": "string", "pattern": "^[0-9A-Za-z_-]{1,64}$"},
    "session": {"type": "string", "pattern": "^[0-9A-Za-z_-]{1,64}$"},
    "name": {"type": "string", "minLength": 1},
}


def document(app: Flask, title: str, url: str) -> Schema:
    """Every route that is an operation, at the site `url`."""
    kept: dict[str, Schema] = {}
    paths: dict[str, Schema] = {}
    for rule in sorted(app.url_map.iter_rules(), key=lambda rule: rule.rule):
        view = app.view_functions[rule.endpoint]
        if not isinstance(view, Operation):
            continue
        place = paths.setdefault(MARK.sub(r"{\g<name>}", rule.rule), {"parameters": list(_of_path(rule))})
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            place[method.lower()] = _operation(rule, method, view, kept)
    problem = _schema(Problem, kept)
    return {
        "openapi": "3.1.1",
        "info": {"title": title, "version": "1", "description": ABOUT},
        "servers": [{"url": url}],
        "paths": {path: place for path, place in paths.items() if len(place) > 1},
        "components": {
            "schemas": kept,
            "responses": {
                "Problem": {
                    "description": "Refused (RFC 9457); `code` says why",
                    "content": {"application/problem+json": {"schema": problem}},
                }
            },
            "securitySchemes": {
                "session": {"type": "apiKey", "in": "cookie", "name": "takan"},
                "csrf": {"type": "apiKey", "in": "header", "name": "X-CSRF-Token"},
            },
        },
    }


ABOUT = (
    "Sign in with POST /api/v1/sign-in, which sets the cookie `takan`; GET /api/v1/me tells the token that every write "
    "carries as X-CSRF-Token. What the reader may not see is 404, as if it were not there."
)


def _operation(rule: Rule, method: str, view: Operation, kept: dict[str, Schema]) -> Schema:
    terms = view.terms
    told: Schema = {
        "operationId": rule.endpoint,
        "tags": [rule.endpoint.partition(".")[0].removeprefix("api-")],
        "summary": " ".join((view.__doc__ or "").split()),
        "responses": {
            str(terms.status): _answer(terms, kept),
            "4XX": {"$ref": "#/components/responses/Problem"},
            "503": {"$ref": "#/components/responses/Problem"},
        },
        "security": _security(terms, method),
    }
    asked = [*_of_query(terms), *_of_head(terms)]
    if asked:
        told["parameters"] = asked
    if terms.gives == "application/trickle-ice-sdpfrag":
        told["responses"]["204"] = {"description": "Taken"}
    if isinstance(terms.gives, str) and method == "GET" and "/" in terms.gives and terms.gives != "text/plain":
        told["responses"] |= {
            "206": {"description": "A range (RFC 9110 § 14)", "content": _content(terms, kept)},
            "304": {"description": "As it was"},
        }
    sent = _sent(terms)
    if sent:
        told["requestBody"] = {"required": True, "content": sent}
    return told


def _security(terms: Terms, method: str) -> list[Schema]:
    """A write with a cookie needs the form's token; what is open needs neither, or judges a bearer itself."""
    if terms.open:
        return []
    return [{"session": []} if method in SAFE else {"session": [], "csrf": []}]


def _answer(terms: Terms, kept: dict[str, Schema]) -> Schema:
    content = _content(terms, kept)
    return {"description": "Done", **({"content": content} if content else {})}


def _content(terms: Terms, kept: dict[str, Schema]) -> Schema:
    if terms.gives is None:
        return {}
    if isinstance(terms.gives, str):
        return {terms.gives: {}}
    return {"application/json": {"schema": _schema(terms.gives, kept)}}


def _sent(terms: Terms) -> Schema:
    if terms.sends is not None:
        return {terms.sends: {}}
    if terms.takes is None:
        return {}
    return {"application/json": {"schema": _taken(terms.takes)}}


def _taken(shape: Mapping[str, Field] | Texts) -> Schema:
    if isinstance(shape, Texts):
        text = {"type": "string", "maxLength": shape.limit}
        names = {"pattern": "^[\\x00-\\x7f]{0,40}$"}
        return {"type": "object", "additionalProperties": text, "maxProperties": shape.count, "propertyNames": names}
    needed = [name for name, field in shape.items() if field.needed]
    return {
        "type": "object",
        "properties": {name: _field(field) for name, field in shape.items()},
        "additionalProperties": False,
        **({"required": needed} if needed else {}),
    }


def _field(field: Field) -> Schema:
    """What may be left out may be null as well."""
    return field.told if field.needed else {"anyOf": [field.told, {"type": "null"}]}


def _of_path(rule: Rule) -> Iterator[Schema]:
    for mark in MARK.finditer(rule.rule):
        schema = PARTS.get(mark["name"], IDENTIFIER)
        if mark["kind"] == "int":
            schema = {"type": "integer", "minimum": 0, "maximum": 2**53}
        elif mark["kind"] == "any":
            schema = {"type": "string", "enum": [word.strip() for word in mark["words"].split(",")]}
        yield {"name": mark["name"], "in": "path", "required": True, "schema": schema}


def _of_query(terms: Terms) -> Iterator[Schema]:
    for name, field in terms.asks.items():
        yield {"name": name, "in": "query", "required": field.needed, "schema": field.told}


def _of_head(terms: Terms) -> Iterator[Schema]:
    for name, schema in terms.heads.items():
        yield {"name": name, "in": "header", "required": True, "schema": schema}


def _schema(kind: Any, kept: dict[str, Schema]) -> Schema:
    """A type's JSON Schema; each TypedDict stands once among `kept`."""
    origin, inner = get_origin(kind), get_args(kind)
    if kind in PLAIN:
        return PLAIN[kind]
    if is_typeddict(kind):
        return _named(kind, kept)
    if hasattr(kind, "__metadata__"):
        return {**_schema(inner[0], kept), **dict(kind.__metadata__)}
    if origin in (Required, NotRequired):
        return _schema(inner[0], kept)
    if origin is Literal:
        return {"enum": list(inner)}
    if origin is list:
        return {"type": "array", "items": _schema(inner[0], kept)}
    if origin is dict:
        return {"type": "object", "additionalProperties": _schema(inner[1], kept)}
    if origin in (Union, UnionType):
        return {"anyOf": [_schema(one, kept) for one in inner]}
    raise TypeError(f"{kind} has no place in a document")


def _named(kind: Any, kept: dict[str, Schema]) -> Schema:
    if kind.__name__ not in kept:
        kept[kind.__name__] = {}  # a document may hold its own kind
        fields = get_type_hints(kind, include_extras=True)
        kept[kind.__name__] = {
            "type": "object",
            "properties": {name: _schema(field, kept) for name, field in fields.items()},
            "required": sorted(kind.__required_keys__),
            "additionalProperties": False,
            **({"description": " ".join(kind.__doc__.split())} if kind.__doc__ else {}),
        }
    return {"$ref": f"#/components/schemas/{kind.__name__}"}
