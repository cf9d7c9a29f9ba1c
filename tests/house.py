"""The laws of the house that import-linter cannot see, each a function from a file to its offences.

A law gets the file's path inside the checkout, with slashes, and its text, and returns one sentence an offence.
`tests/unit/test_house.py` tries each law on samples and then on every file of this checkout."""

import ast
import re
import sys
from collections.abc import Callable, Iterable, Iterator

Law = Callable[[str, str], list[str]]
PACKAGES = ("server", "storage", "inspection", "media", "tests")
PURE = ("inspection/", "media/wire/", "media/ports.py", "media/client.py")
# Modules that compute and do nothing else: no file, no socket, no process, no clock, no chance.
PURE_LIBRARY = frozenset(
    "__future__ abc base64 binascii bisect builtins collections contextlib copy dataclasses datetime decimal "  # noqa: SIM905
    "difflib enum fractions functools hashlib heapq hmac html io ipaddress itertools json math numbers operator "
    "re statistics string struct textwrap types typing unicodedata zlib".split()
)
CLOCKS = frozenset({"now", "utcnow", "today", "time", "time_ns", "monotonic"})
# What a process does when it meets a bug is decided at its edge: the roles, the command line.
EDGES = ("server/roles/", "server/commands/", "server/cli.py")
DBOS_HOMES = ("server/roles/", "server/outbound/")


def imports(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Line and full name of every module that is imported, wherever the import stands."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.lineno, node.module if not node.level else f".{node.module}"


def calls(tree: ast.AST) -> Iterator[tuple[ast.Call, str]]:
    """Every call with the dotted name that it calls, as far as it is written as one."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield node, ast.unparse(node.func)


def pure_parts_stay_pure(path: str, text: str) -> list[str]:
    """inspection, media/wire, media/ports and media/client: an allow-list of the standard library and cryptography;
    no clock is read, no file opened."""
    if not path.startswith(PURE):
        return []
    tree, own = ast.parse(text), path.split("/")[0]
    allowed = PURE_LIBRARY | {own, "cryptography"}
    bad = [f"{path}:{line} imports {name}" for line, name in imports(tree) if name.split(".")[0] not in allowed]
    for call, name in calls(tree):
        holder, _, last = name.rpartition(".")
        if last in CLOCKS and holder.split(".")[-1] in {"datetime", "date", "time"}:
            bad.append(f"{path}:{call.lineno} reads the clock: {name}()")
        if name in {"open", "io.open", "io.FileIO", "print", "input"}:
            bad.append(f"{path}:{call.lineno} does I/O: {name}()")
    return bad


def imports_are_written_out(path: str, text: str) -> list[str]:
    """An import by string is seen by no contract."""
    by_string = {"import_module", "__import__", "spec_from_file_location", "run_module", "run_path", "exec", "eval"}
    return [
        f"{path}:{call.lineno} imports by string: {name}()"
        for call, name in calls(ast.parse(text))
        if name.rpartition(".")[2] in by_string and is_free(call, name)
    ]


def is_free(call: ast.Call, name: str) -> bool:
    """`exec` and `eval` as methods of something else (a connection, a regular expression) are other things."""
    return not (name.rpartition(".")[2] in {"exec", "eval"} and isinstance(call.func, ast.Attribute))


def libraries_are_declared(declared: Iterable[str], homes: Iterable[str], names: dict[str, list[str]]) -> Law:
    """Third-party modules come from a line of requirements*.in, and in the product they have a home in the contracts.

    `declared`: distributions, `homes`: modules under the contract `homes`, `names`: module to its distributions."""
    known, at_home = {normal(name) for name in declared}, {*homes, "cryptography"}

    def law(path: str, text: str) -> list[str]:
        bad = []
        for line, name in imports(ast.parse(text)):
            top = name.split(".")[0]
            if not top or top in sys.stdlib_module_names or top in PACKAGES:
                continue
            if not known & {normal(name) for name in names.get(top, [top])}:
                bad.append(f"{path}:{line} imports {top}, which no requirements*.in declares")
            elif top not in at_home and not path.startswith("tests/"):
                bad.append(f"{path}:{line} imports {top}, which has no home in the contract `homes`")
        return bad

    return law


def normal(distribution: str) -> str:
    return re.sub(r"[-_.]+", "-", distribution).lower()


def jobs_stay_at_home(path: str, text: str) -> list[str]:
    """DBOS is the worker's and the senders' tool."""
    if path.startswith((*DBOS_HOMES, "tests/")):
        return []
    tree = ast.parse(text)
    return [f"{path}:{line} imports {name}" for line, name in imports(tree) if name.split(".")[0] == "dbos"]


def broad_except_at_edges_only(path: str, text: str) -> list[str]:
    """`except Exception` hides bugs; allowed at a process edge, and where it only cleans up and raises again."""
    if path.startswith(EDGES):
        return []
    bad = []
    for node in ast.walk(ast.parse(text)):
        if not isinstance(node, ast.ExceptHandler):
            continue
        caught = ["BaseException"] if node.type is None else re.findall(r"\w+", ast.unparse(node.type))
        last = node.body[-1]
        again = isinstance(last, ast.Raise) and last.exc is None
        if {"Exception", "BaseException"} & set(caught) and not again:
            bad.append(f"{path}:{node.lineno} catches everything")
    return bad


def tests_do_not_sleep(path: str, text: str) -> list[str]:
    """A test waits for a condition. `asyncio.sleep(0)` gives way and is no wait; tests/fixtures has the one poll."""
    if not path.startswith("tests/") or path.startswith("tests/fixtures/"):
        return []
    tree = ast.parse(text)
    bad = []
    for call, name in calls(tree):
        last = name.rpartition(".")[2]
        gives_way = len(call.args) == 1 and isinstance(call.args[0], ast.Constant) and call.args[0].value == 0
        if last == "wait_for_timeout" or (last == "sleep" and not gives_way):
            bad.append(f"{path}:{call.lineno} sleeps: {name}()")
    return bad


def own_classes_are_not_mocked(path: str, text: str) -> list[str]:
    """tests/fakes.py implements the ports; a mock would pass whatever the port says."""
    if not path.startswith("tests/"):
        return []
    return [f"{path}:{line} imports {name}" for line, name in imports(ast.parse(text)) if "mock" in name.split(".")]


# -- laws of any text file ------------------------------------------------------------------------------------------

# Written in pieces, so that this file keeps its own law.
ADDRESSES = re.compile(
    "|".join(
        (
            r"pypi\." + r"(org|python)",
            r"python" + r"hosted\.org",
            r"npm" + r"js\.(org|com)",
            r"yarn" + r"pkg\.com",
            r"deb" + r"\.debian\.org",
            r"security" + r"\.debian\.org",
            r"docker" + r"\.io/",
            r"file:" + r"///\w",
            r"(?<![\w.])/root" + r"/",
            r"(?<![\w.])/(home|Users)" + r"/[a-z]\w+/",
            r"(?<![\w.])/opt" + r"/\w",
        )
    )
)
LEFT_UNDONE = re.compile(r"\b(TO" + r"DO|FIX" + r"ME|XX" + r"X)\b")


def files_name_no_place_of_ours(path: str, text: str) -> list[str]:
    """No package registry's address and no folder of somebody's machine."""
    return [f"{path}:{n} names {found[0]}" for n, line in numbered(text) if (found := ADDRESSES.search(line))]


def nothing_is_left_undone(path: str, text: str) -> list[str]:
    if path == "LICENSE":
        return []
    return [f"{path}:{n} says {found[0]}" for n, line in numbered(text) if (found := LEFT_UNDONE.search(line))]


INLINE = re.compile(r"<script(?![^>]*\b(src|type=\"application/json\"))|\sstyle=[\"']|\son[a-z]+=[\"']", re.IGNORECASE)

# Lies in a package, is opened from a folder without any server, and carries its own policy: it is whole by itself.
OFFLINE = ("web/templates/package.html",)


def templates_have_no_inline_code(path: str, text: str) -> list[str]:
    """The content security policy would refuse it in the browser, silently for most people."""
    if not path.startswith("web/templates/") or path in OFFLINE:
        return []
    return [f"{path}:{n} has {found[0].strip()}" for n, line in numbered(text) if (found := INLINE.search(line))]


def numbered(text: str) -> Iterator[tuple[int, str]]:
    return enumerate(text.splitlines(), 1)
