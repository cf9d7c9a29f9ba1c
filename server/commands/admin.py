"""`takan admin`: people and keys by whoever may read the data folder; for the first start and for a lost password."""

import sys

from cryptography.hazmat.primitives import serialization

from inspection.model.errors import Refusal
from inspection.model.people import Actor, Role
from inspection.model.tlog import LOG_KEY, VerifierKey
from inspection.services.keep_people import create_person, reset_password, sign_in_name
from inspection.services.sequence import origin_of
from server import wiring
from server.configuration import Configuration
from server.one_time import new_password
from server.outbound import rotate_ledger_key
from server.outbound.keys import BadKey

OPERATOR = Actor("operator", "Operator", Role.ADMINISTRATOR)


def run(configuration: Configuration, action: str, sign_in: str, name: str, role: str, lost: bool = False) -> int:
    try:
        if action == "log-key":
            print(_log_key(configuration))
            return 0
        if action == "rotate-key":
            print(_rotate(configuration, lost), end="")
            return 0
        if action == "key":
            print(_public_key(configuration), end="")
            return 0
        print(_create(configuration, sign_in, name, role) if action == "create" else _reset(configuration, sign_in))
    except BadKey as error:
        print(f"takan: {error}; `takan migrate` makes what is missing", file=sys.stderr)
        return 1
    except Refusal as error:
        print(f"takan: {error.code} {' '.join(str(fact) for fact in error.facts.values())}".rstrip(), file=sys.stderr)
        return 1
    return 0


def _create(configuration: Configuration, sign_in: str, name: str, role: str) -> str:
    given, password = wiring.services(configuration), new_password()
    create_person(
        given.office, given.passwords, OPERATOR, name or sign_in, sign_in, role, password, given.now(), given.new_id
    )
    return f"{role} {sign_in}, one-time password {password}"


def _reset(configuration: Configuration, sign_in: str) -> str:
    given, password = wiring.services(configuration), new_password()
    with given.office.read() as work:
        person = work.people.by_sign_in(sign_in_name(sign_in))
    if person is None:
        raise Refusal("person-unknown", sign_in=sign_in)
    reset_password(given.office, given.passwords, OPERATOR, person.id, password)
    return f"{person.role.value} {person.sign_in}, one-time password {password}"


def _log_key(configuration: Configuration) -> str:
    """The log's verifier key (C2SP signed-note), which a witness is given."""
    given = wiring.services(configuration)
    origin = origin_of(given.office, configuration.ledger.origin)
    return VerifierKey(origin, LOG_KEY, given.signer.public_key()).text()


def _rotate(configuration: Configuration, lost: bool) -> str:
    """A new ledger key. Running roles use it from their next signature on."""
    folder = configuration.data / "keys"
    statement = rotate_ledger_key.rotate(folder, wiring.office(configuration), wiring.now(), lost)
    return f"key {statement.number}, {statement.fingerprint()}\n{_public_key(configuration)}"


def _public_key(configuration: Configuration) -> str:
    """The ledger's public key, which an auditor gives to `takan verify --trust`."""
    key = wiring.keys(configuration).ledger.public_key()
    return key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo).decode()
