"""Joins the parts: the only place, with `roles/` and `cli`, that builds an adapter."""

import secrets
import time
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from inspection.ports import Office
from inspection.services.keep_people import first_administrator
from inspection.services.rotate_key import begin_history
from inspection.services.sample_catalogue import seed_catalogue
from server.configuration import BadConfiguration, Configuration
from server.one_time import new_password
from server.outbound import rotate_ledger_key
from server.outbound.codes import SvgCodes
from server.outbound.credentials import Credentials
from server.outbound.jobs import DbosJobs
from server.outbound.keys import Keys, TicketSigner, make_keys, read_keys
from server.outbound.ledger_key import LedgerSigner
from server.outbound.node import HttpNodes
from server.outbound.passwords import Argon2
from server.outbound.seal import PadesSealer
from server.outbound.seal_chain import BadSeal, make_chain
from server.outbound.seal_keys import configured_chain
from server.outbound.stamps import HttpAuthority, Rfc3161Judge, certificates_in
from server.outbound.witnesses import BadWitness, HttpWitness, is_address, read_witnesses
from server.services import Services
from storage.database import Database, DatabaseAway, DatabaseTooNew, migrate
from storage.objects.build import Objects, Uploads, build_objects, build_uploads
from storage.work import SqlOffice


class CannotPrepare(Exception):
    """The database cannot be brought to this version; the message says why."""


@dataclass(frozen=True, slots=True)
class Created:
    """The first administrator, told once."""

    sign_in: str
    password: str


def now() -> datetime:
    return datetime.now(UTC)


def now_us() -> int:
    return time.time_ns() // 1000


def new_id() -> str:
    """96 random bits, in the alphabet of ids."""
    return secrets.token_hex(12)


def new_secret() -> str:
    return secrets.token_urlsafe(32)


def keys(configuration: Configuration) -> Keys:
    return read_keys(configuration.data / "keys")


def database(configuration: Configuration) -> Database:
    connections = max(configuration.web.threads // 2, 4)
    return Database(configuration.database_url(), connections=connections)


def office(configuration: Configuration) -> SqlOffice:
    return SqlOffice(database(configuration))


def objects(configuration: Configuration) -> Objects:
    """The store that the configuration names."""
    return build_objects(asdict(configuration.objects) | {"folder": configuration.objects_folder()})


def uploads(configuration: Configuration) -> Uploads:
    """Where uploads arrive, in the same store."""
    return build_uploads(asdict(configuration.objects) | {"folder": configuration.objects_folder()})


def services(configuration: Configuration) -> Services:
    """What pages, the API, commands and the worker are given."""
    own = keys(configuration)
    seal = sealer(configuration)
    nodes = HttpNodes(configuration.node_addresses(), own.ticket, now_us, new_id, configuration.nodes.seconds)
    return Services(
        settings=configuration,
        office=office(configuration),
        objects=objects(configuration),
        uploads=uploads(configuration),
        signer=LedgerSigner(configuration.data / "keys"),
        passwords=Argon2(),
        nodes=nodes,
        jobs=DbosJobs(configuration.jobs_url()),
        tickets=TicketSigner(own.ticket),
        codes=SvgCodes(),
        now=now,
        new_id=new_id,
        new_secret=new_secret,
        session_key=own.session,
        witnesses=witnesses(configuration),
        authority=authority(configuration),
        stamp_judge=Rfc3161Judge(),
        sealer=seal,
        credentials=Credentials(seal.chain, configuration.office.name, authority(configuration)),
    )


def witnesses(configuration: Configuration) -> tuple[HttpWitness, ...]:
    """Raises `BadConfiguration`."""
    try:
        return read_witnesses(configuration.ledger.witnesses, configuration.ledger.answer_seconds)
    except BadWitness as error:
        raise BadConfiguration(f"ledger.witnesses: {error}") from error


def sealer(configuration: Configuration) -> PadesSealer:
    """Raises `BadConfiguration`."""
    settings = configuration.seal
    try:
        make_chain(configuration.data / "keys", configuration.office.name, now())
        chain = configured_chain(configuration.data / "keys", settings)
    except BadSeal as error:
        raise BadConfiguration(f"seal: {error}") from error
    return PadesSealer(chain, configuration.office.name, authority(configuration))


def authority(configuration: Configuration) -> HttpAuthority | None:
    """The time-stamp authority, if there is one. Raises `BadConfiguration`."""
    settings = configuration.ledger
    if not settings.authority:
        return None
    if not is_address(settings.authority):
        raise BadConfiguration("ledger.authority must be http(s)://host/path")
    try:
        pem = Path(settings.authority_certificates).read_bytes()
        certificates_in(pem)
    except (OSError, ValueError) as error:
        raise BadConfiguration(f"ledger.authority_certificates: {error}") from error
    return HttpAuthority(settings.authority, pem, settings.answer_seconds)


def prepare(configuration: Configuration) -> Created | None:
    """Everything that a first start needs; harmless again. Returns the administrator when it made one."""
    configuration.data.mkdir(mode=0o700, parents=True, exist_ok=True)
    make_keys(configuration.data / "keys")
    make_chain(configuration.data / "keys", configuration.office.name, now())
    try:
        migrate(configuration.database_url())
    except (DatabaseAway, DatabaseTooNew, ValueError) as error:
        raise CannotPrepare(str(error)) from error
    objects(configuration).prepare()
    base = database(configuration)
    try:
        here = SqlOffice(base)
        _settle_keys(configuration, here)
        seed(here)
        password = new_password()
        made = first_administrator(here, Argon2(), "Administrator", "admin", password, now(), new_id)
        return Created(made.sign_in, password) if made else None
    finally:
        base.close()


def _settle_keys(configuration: Configuration, here: Office) -> None:
    """The history begins with the first key; a rotation that was interrupted is brought to its end."""
    folder = configuration.data / "keys"
    rotate_ledger_key.settle(folder, here, now())
    signer = LedgerSigner(folder)
    begin_history(here, signer, now())
    with here.read() as work:
        current = work.ledger_keys.history()[-1]
    if current.public_key != signer.public_key().hex():
        raise CannotPrepare(
            f"{folder / 'ledger.key'} is not the key that the history names last ({current.fingerprint()}): "
            "put that one back, or, if it is lost, run `takan admin rotate-key --lost`"
        )


def seed(here: Office) -> None:
    """The sample catalogue, into an instance that has none; the worker's last sign of life is forgotten."""
    seed_catalogue(here)
    with here.write() as work:
        work.settings.put("worker.seen", "0")
