"""`./takan` itself: what it says before it has made anything."""

import ast
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "takan"


def copy_of_script(folder: Path) -> Path:
    """A checkout with nothing in it but the script."""
    there = folder / "takan"
    there.write_text(SCRIPT.read_text())
    return there


def test_an_old_python_can_read_it_as_far_as_its_refusal() -> None:
    tree = ast.parse(SCRIPT.read_text(), feature_version=(3, 7))
    refusal = next(n for n, node in enumerate(tree.body) if isinstance(node, ast.If))
    before = [ast.unparse(node) for node in tree.body[1:refusal]]
    assert before == ["import sys"]


def test_it_uses_the_standard_library_only() -> None:
    tree = ast.parse(SCRIPT.read_text())
    names = [alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names]
    assert set(names) <= set(sys.stdlib_module_names)


@pytest.mark.parametrize("arguments", [(), ("help",), ("--help",)])
def test_help_makes_nothing(arguments: tuple[str, ...], tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, copy_of_script(tmp_path), *arguments], capture_output=True, text=True)
    assert done.returncode == 0
    assert "verify" in done.stdout
    assert [path.name for path in tmp_path.iterdir()] == ["takan"]


def test_an_unknown_command_is_refused_before_anything_is_made(tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, copy_of_script(tmp_path), "fly"], capture_output=True, text=True)
    assert done.returncode == 2
    assert "no command 'fly'" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["takan"]


def test_a_python_without_ensurepip_is_told_the_command_that_helps(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text("")
    hidden = tmp_path / "hidden"
    hidden.mkdir()
    (hidden / "ensurepip.py").write_text("raise ImportError('packed apart')\n")
    command = [sys.executable, str(copy_of_script(tmp_path)), "verify", "x"]
    done = subprocess.run(command, capture_output=True, text=True, env={"PYTHONPATH": str(hidden)})
    assert done.returncode == 3
    assert "apt-get install -y python3-venv" in done.stderr
    assert not (tmp_path / ".venv").exists()


def test_a_half_made_environment_is_made_again(tmp_path: Path) -> None:
    """The mark of a broken-off set-up is enough; then a second start finds the stamp and makes nothing."""
    (tmp_path / "requirements.txt").write_text("")
    (tmp_path / "server").mkdir()
    (tmp_path / "server" / "__init__.py").write_text("")
    (tmp_path / "server" / "cli.py").write_text("import sys\nprint('ran', *sys.argv[1:])\n")
    shutil.copytree(SCRIPT.parent / "media" / "native", tmp_path / "media" / "native")
    (tmp_path / ".venv").mkdir()
    (tmp_path / ".venv" / "takan-requirements.unfinished").touch()
    command = [sys.executable, str(copy_of_script(tmp_path)), "verify", "x"]
    first = subprocess.run(command, capture_output=True, text=True, timeout=120, cwd=tmp_path / ".venv")
    assert first.returncode == 0, first.stderr
    assert first.stdout == "ran verify x\n"
    assert "made Python environment" in first.stderr
    again = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert (again.stdout, again.stderr) == ("ran verify x\n", "")
