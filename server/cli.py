"""The command line: `./takan COMMAND`. Each command's module is loaded only when it is the one that runs."""

import argparse
import os
import sys
from collections.abc import Callable
from pathlib import Path

from server.configuration import BadConfiguration, Configuration, load
from server.roles import benches


def main(arguments: list[str] | None = None) -> int:
    parser = _parser()
    options = parser.parse_args(arguments)
    try:
        return int(options.run(options))
    except BadConfiguration as error:
        print(f"takan: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130


def configuration(options: argparse.Namespace) -> Configuration:
    """Raises `BadConfiguration`."""
    return load(options.data, options.config, os.environ)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="takan", description="Remote site inspection with evidence.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, (about, fill, run) in COMMANDS.items():
        command = commands.add_parser(name, help=about, description=about)
        fill(command)
        command.set_defaults(run=run)
    return parser


def _instance(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--data", type=Path, default=Path("data"), metavar="DIR", help="data folder (./data)")
    parser.add_argument("--config", type=Path, metavar="FILE", help="settings, as in takan.toml")


def _up_options(parser: argparse.ArgumentParser) -> None:
    _instance(parser)
    parser.add_argument("--port", type=int, metavar="N", help="where to serve; 0 lets the kernel choose every port")
    parser.add_argument("--lan", action="store_true", help="HTTPS on the local network, with a QR code")


def _up(options: argparse.Namespace) -> int:
    from server.roles import up

    return up.run(configuration(options), options.config, options.port, options.lan)


def _demo_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--config", type=Path, metavar="FILE", help="settings, as in takan.toml")
    parser.add_argument("--data", type=Path, metavar="DIR", help="keep the instance here (else a temporary folder)")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--export", type=Path, metavar="PATH", help="keep the package here")
    parser.add_argument("--seconds", type=int, default=15, help="length of the streamed clip (15)")


def _demo(options: argparse.Namespace) -> int:
    from server.roles import demo

    return demo.run(options.data, options.config, options.export, options.json, options.seconds)


def _verify_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("path", type=Path, metavar="PATH", help="a package, or a paper, clip or snapshot by itself")
    parser.add_argument("--roots", type=Path, metavar="PEM", help="certificates by which seals are judged")
    parser.add_argument("--authority", type=Path, metavar="PEM", help="certificates by which time stamps are judged")
    parser.add_argument(
        "--witness", type=Path, metavar="FILE", action="append", default=[], help="keys of witnesses; may be repeated"
    )
    parser.add_argument(
        "--revoked",
        type=Path,
        metavar="FILE",
        action="append",
        default=[],
        help="a CRL or an OCSP answer; may be repeated",
    )
    parser.add_argument("--package", type=Path, metavar="PATH", help="whose ledger has to name the file")
    parser.add_argument("--trust", type=Path, metavar="KEYFILE", help="the office's public key")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def _verify(options: argparse.Namespace) -> int:
    from server.commands import verify, verify_file
    from server.outbound.seal_judge import Means
    from server.roles.paper_codes import codes

    means = Means(options.roots, options.authority, tuple(options.revoked))
    if verify_file.is_file_of_ours(options.path):
        return verify_file.run(options.path, means, options.package, options.json, codes)
    return verify.run(options.path, options.trust, options.witness, means, options.json, codes)


def _export_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("case", metavar="NUMBER", help="the case's number")
    parser.add_argument("path", type=Path, metavar="PATH", help="a folder that is not there yet")
    _instance(parser)


def _export(options: argparse.Namespace) -> int:
    from server.commands import export

    return export.run(configuration(options), options.case, options.path)


def _clip_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("case", metavar="CASE", help="its number or id")
    parser.add_argument("evidence", metavar="EVIDENCE", help="id of a recording, or of its track")
    parser.add_argument("--from", dest="begin", metavar="CODE", help="as in 00:01:30.5")
    parser.add_argument("--to", dest="end", metavar="CODE")
    parser.add_argument("--at", metavar="CODE", help="instead of a range: the picture at this moment")
    parser.add_argument("--copy", action="store_true", help="encode nothing: it begins at the key frame before")
    parser.add_argument("--overlay", action="store_true", help="draw time, place and digest into the pictures")
    parser.add_argument("--out", type=Path, metavar="FILE", help="where to (takan-clip-ID.mp4, takan-snapshot-ID.jpg)")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    _instance(parser)


def _clip(options: argparse.Namespace) -> int:
    from server.commands import clip, still
    from server.roles.clips import cut_clip
    from server.roles.snapshots import cut_snapshot

    there, wanted = configuration(options), (options.case, options.evidence)
    if options.at is not None:
        return still.run(there, cut_snapshot, *wanted, options.at, options.out, options.json)
    if options.begin is None or options.end is None:
        print("takan: say --from and --to, or --at", file=sys.stderr)
        return 2
    span = (options.begin, options.end)
    return clip.run(there, cut_clip, *wanted, *span, options.out, options.json, options.copy, options.overlay)


def _fsck_options(parser: argparse.ArgumentParser) -> None:
    _instance(parser)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--quick", action="store_true", help="names and sizes only; do not read the objects")
    parser.add_argument(
        "--repair",
        action="append",
        default=[],
        choices=["adopt", "pending", "restore"],
        help="adopt: rows learn of objects that are there; pending: rows wait again for objects that are not; "
        "restore: objects that are gone or were replaced are put back from a copy that has their digest",
    )
    parser.add_argument(
        "--from",
        dest="sources",
        type=Path,
        metavar="PATH",
        action="append",
        default=[],
        help="a package or a folder with copies, for --repair restore; may be repeated",
    )


def _fsck(options: argparse.Namespace) -> int:
    from server.commands import fsck

    return fsck.run(configuration(options), options.repair, options.sources, options.quick, options.json)


def _survey_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("action", choices=["new"])
    _instance(parser)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--inspector", metavar="NAME", help="sign-in name; else the first inspector")
    parser.add_argument("--approver", metavar="NAME", help="sign-in name; else the first approver")
    parser.add_argument("--applicant", metavar="NAME", default="", help="who is filmed; consent is recorded as stated")


def _survey(options: argparse.Namespace) -> int:
    from server.commands import survey
    from server.roles.folder import Folder

    found = Folder(options.data).running() or {}
    there = load(options.data, options.config, {**os.environ, **found.get("environment", {})})
    people = (options.inspector, options.approver, options.applicant)
    return survey.run(there, found.get("url", ""), people, options.json)


def _case_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("action", choices=["new", "show"])
    parser.add_argument("case", nargs="?", default="", metavar="CASE", help="show: the case's id or number")
    _instance(parser)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--inspector", metavar="NAME", help="sign-in name; else the first inspector")
    parser.add_argument("--approver", metavar="NAME", help="sign-in name; else the first approver")
    parser.add_argument("--applicant", metavar="NAME", default="", help="in whose name files are uploaded")


def _case(options: argparse.Namespace) -> int:
    from server.commands import case
    from server.roles.folder import Folder

    found = Folder(options.data).running() or {}
    there = load(options.data, options.config, {**os.environ, **found.get("environment", {})})
    if options.action == "show":
        return case.show(there, options.case, options.json)
    people = (options.inspector, options.approver, options.applicant)
    return case.new(there, found.get("url", ""), people, options.json)


def _web(options: argparse.Namespace) -> int:
    from server.roles import web

    return web.run(configuration(options))


def _media(options: argparse.Namespace) -> int:
    from server.roles import media

    return media.run(configuration(options))


def _worker(options: argparse.Namespace) -> int:
    from server.roles import worker

    return worker.run(configuration(options))


def _witness_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--data", type=Path, default=Path("witness"), metavar="DIR", help="its folder (./witness)")
    parser.add_argument("--name", default="", help="at the first start, as in witness.example.org/w1")
    parser.add_argument("--log", action="append", default=[], metavar="KEY", help="verifier key of a log to watch")
    parser.add_argument("--address", default="127.0.0.1", help="where to serve (127.0.0.1)")
    parser.add_argument("--port", type=int, default=8405, metavar="N", help="0 lets the kernel choose (8405)")


def _witness(options: argparse.Namespace) -> int:
    from server.roles import witness

    return witness.run(options.data, options.name, options.log, options.address, options.port)


def _migrate(options: argparse.Namespace) -> int:
    from server.commands import migrate

    return migrate.run(configuration(options))


def _admin_options(parser: argparse.ArgumentParser) -> None:
    actions = "a person, a new password, the public key, a new key, the log's key for witnesses"
    parser.add_argument("action", choices=["create", "reset", "key", "rotate-key", "log-key"], help=actions)
    parser.add_argument("sign_in", nargs="?", default="admin", metavar="SIGN_IN")
    _instance(parser)
    parser.add_argument("--name", default="", help="of a new person")
    parser.add_argument("--role", default="administrator", help="of a new person")
    parser.add_argument("--lost", action="store_true", help="rotate-key: the old key cannot sign any more")


def _admin(options: argparse.Namespace) -> int:
    from server.commands import admin

    return admin.run(configuration(options), options.action, options.sign_in, options.name, options.role, options.lost)


Fill = Callable[[argparse.ArgumentParser], None]
COMMANDS: dict[str, tuple[str, Fill, Callable[[argparse.Namespace], int]]] = {
    "up": ("everything on one machine, in the foreground", _up_options, _up),
    "demo": ("a survey from first picture to verified export", _demo_options, _demo),
    "verify": ("check an evidence package: 0 intact, 1 altered, 2 not readable", _verify_options, _verify),
    "export": ("write a case's package into a folder", _export_options, _export),
    "clip": ("a range or a picture of a recording as a file", _clip_options, _clip),
    "fsck": ("compare store, database and ledger", _fsck_options, _fsck),
    "case": ("a case that takes uploads, and what became of them", _case_options, _case),
    "survey": ("a survey and its addresses for an encoder", _survey_options, _survey),
    "bench": ("what the media node costs here", benches.fill, benches.run),
    "web": ("the web role", _instance, _web),
    "media": ("the media node", _instance, _media),
    "worker": ("the worker", _instance, _worker),
    "witness": ("keeps an eye on the log of another office", _witness_options, _witness),
    "migrate": ("bring the database to this version", _instance, _migrate),
    "admin": ("people and keys, from the command line", _admin_options, _admin),
}

if __name__ == "__main__":
    sys.exit(main())
