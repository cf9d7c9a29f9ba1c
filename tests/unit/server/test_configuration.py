"""Settings: the default, then the file, then the environment; the manual tells all of them."""

import tomllib
from dataclasses import asdict
from pathlib import Path

import pytest

from server.configuration import SECTIONS, BadConfiguration, Configuration, load

MANUAL = Path(__file__).resolve().parents[3] / "takan.toml"


def written(folder: Path, text: str) -> Path:
    path = folder / "settings.toml"
    path.write_text(text)
    return path


def test_without_a_file_everything_has_its_default(tmp_path: Path) -> None:
    found = load(tmp_path, None, {})
    assert found.database_url() == f"sqlite:///{tmp_path / 'takan.db'}"
    assert found.jobs_url() == f"sqlite:///{tmp_path / 'jobs.db'}"
    assert found.objects_folder() == tmp_path / "objects"
    assert found.node_addresses() == {"n1": "http://127.0.0.1:8401"}
    assert set(found.sources.values()) == {"default"}


def test_the_environment_goes_before_the_file(tmp_path: Path) -> None:
    file = written(tmp_path, '[web]\nport = 1\n[media]\nannounced = ["a"]\n[worker]\nsweep_seconds = 2\n')
    found = load(tmp_path, file, {"TAKAN_WEB_PORT": "2", "TAKAN_MEDIA_ANNOUNCED": "b, c"})
    assert found.web.port == 2
    assert found.media.announced == ("b", "c")
    assert found.worker.sweep_seconds == 2.0
    assert found.sources["web.port"] == "environment"
    assert found.sources["worker.sweep_seconds"] == "file"


def test_on_postgresql_the_jobs_are_beside_the_tables(tmp_path: Path) -> None:
    found = load(tmp_path, None, {"TAKAN_DATABASE_URL": "postgresql+psycopg://x/y"})
    assert found.jobs_url() == "postgresql+psycopg://x/y"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[web]\nprot = 1\n", "there is no setting prot in [web]"),
        ("[wob]\nport = 1\n", "there is no section [wob]"),
        ("[web]\nport = '1'\n", "web.port must be a whole number"),
        ("[web]\nport = true\n", "web.port must be a whole number"),
        ("[media]\nannounced = 'a'\n", "media.announced must be a list of texts"),
        ("[objects]\nkind = 'tape'\n", 'objects.kind must be "folder" or "s3"'),
        ("[media]\nlayers = 'two'\n", 'media.layers must be "auto", "one" or "three"'),
        ("[objects]\nkind = 's3'\n", "objects.endpoint is needed"),
        ("[web]\ncertificate = 'a'\n", "web.certificate and web.key belong together"),
        ("[web]\nurl = 'takan.example.org'\n", "web.url must begin with"),
        ("[nodes]\nlist = ['n1']\n", "must be written as name=http://host:port"),
        ("web = 1\n", "[web] must be a section"),
        ("[web", "is not TOML"),
    ],
)
def test_a_wrong_setting_is_named(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(BadConfiguration) as refused:
        load(tmp_path, written(tmp_path, text), {})
    assert says in str(refused.value)


@pytest.mark.parametrize(
    ("variable", "value"),
    [("TAKAN_WEB_PORT", "x"), ("TAKAN_OBJECTS_SECURE", "perhaps"), ("TAKAN_NODES_SECONDS", "soon")],
)
def test_a_wrong_variable_is_named(tmp_path: Path, variable: str, value: str) -> None:
    with pytest.raises(BadConfiguration, match=variable):
        load(tmp_path, None, {variable: value})


def test_a_file_that_is_missing_is_told(tmp_path: Path) -> None:
    with pytest.raises(BadConfiguration, match="cannot be read"):
        load(tmp_path, tmp_path / "none.toml", {})


def test_the_manual_tells_every_setting_with_its_default_and_no_other() -> None:
    lines = MANUAL.read_text("utf-8").splitlines()
    shown = [line.removeprefix("# ") if " = " in line.removeprefix("# ")[:40] else line for line in lines]
    manual = tomllib.loads("\n".join(line for line in shown if not line.startswith("#")))
    defaults = {
        name: {key: list(value) if isinstance(value, tuple) else value for key, value in asdict(kind()).items()}
        for name, kind in SECTIONS.items()
    }
    assert manual == defaults


def test_every_section_is_in_the_configuration() -> None:
    assert set(SECTIONS) <= set(Configuration.__dataclass_fields__)
