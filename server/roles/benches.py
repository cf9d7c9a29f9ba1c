"""`takan bench WHAT`: which measurement is meant. Each one's module is loaded only when it is the one that runs."""

import argparse
from pathlib import Path


def fill(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("what", choices=["live", "log", "pipeline", "upload", "verify"])
    parser.add_argument("--against", choices=["janus"], help="beside Debian's Janus, in namespaces of their own (root)")
    parser.add_argument("--rounds", type=int, default=5, metavar="N", help="of the comparison")
    parser.add_argument("--soak", type=float, metavar="MINUTES", help="at load for so long: does anything grow?")
    parser.add_argument("--memory", action="store_true", help="of an idle viewer")
    parser.add_argument("--capacity", action="store_true", help="how many rooms before the delay's p99 passes 20 ms")
    parser.add_argument("--growth", action="store_true", help="how many rooms one, two, three nodes carry (root)")
    parser.add_argument("--hour", action="store_true", help="from the end of an hour's recording to evidence")
    parser.add_argument("--gigabytes", type=float, default=2.0, metavar="GB", help="verify: of made-up recording (2)")
    parser.add_argument("--to", type=float, default=20.0, metavar="GB", help="verify: memory up to here (20)")
    parser.add_argument("--megabytes", type=int, default=1024, metavar="MB", help="upload: of one file (1024)")
    parser.add_argument("--s3", metavar="URL", help="upload: http://KEY:SECRET@HOST:PORT/BUCKET instead of a folder")
    parser.add_argument("--postgres", metavar="URL", help="log, verify: an empty database to append to as well")
    parser.add_argument("--hours", type=float, default=0.0, metavar="H", help="pipeline: a film as long, too")
    parser.add_argument("--picture", type=Path, metavar="FILE", help="the capacity as SVG")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(options: argparse.Namespace) -> int:
    if options.what == "log":
        from server.roles import bench_log

        return bench_log.run(options.json, options.postgres)
    if options.what == "verify":
        from server.roles import bench_verify

        return bench_verify.run(options.json, options.gigabytes, [1.0, options.to], options.postgres)
    if options.what == "upload":
        from server.roles import bench_upload

        return bench_upload.run(options.megabytes, options.rounds, options.json, options.s3)
    if options.what == "pipeline":
        from server.roles import bench_pipeline

        return bench_pipeline.run(options.json, options.hours)
    from server.roles import bench, bench_growth, bench_hour, bench_steady, yardstick

    if options.soak:
        return bench_steady.soak(options.soak)
    if options.memory:
        return bench_steady.memory()
    if options.capacity:
        return bench_steady.capacity(options.picture)
    if options.growth:
        return bench_growth.run()
    if options.hour:
        return bench_hour.run()
    if options.against:
        return yardstick.run(options.json, options.rounds)
    return int(bench.run(options.json))
