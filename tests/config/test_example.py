"""config.example.toml, which is copied and edited by people."""

from __future__ import annotations

from pathlib import Path

import pytest

from kapso_twilio_cli.config import explain, loading
from kapso_twilio_cli.config.keys import known_keys
from kapso_twilio_cli.domain.limits import Limits

EXAMPLE = Path(__file__).parents[2] / "config.example.toml"


def told(setting: explain.Setting) -> tuple[object, str]:
    """What is in effect, and where it came from."""
    return setting.value, setting.source


def test_the_example_is_a_good_project_file() -> None:
    assert loading.problems(EXAMPLE) == []


@pytest.mark.parametrize("dotted", list(known_keys()))
def test_every_key_stands_in_the_example_below_a_comment(dotted: str) -> None:
    table, _, key = dotted.rpartition(".")
    content = EXAMPLE.read_text()
    for country in ("US", "GB"):
        header = f"[{table.replace('CC', country)}]"
        if header in content:
            content = content.split(header)[1].split("\n[")[0]
            break
    else:
        content = content.split("[twilio]")[0]
        assert not table
    lines = content.splitlines()
    [at] = [number for number, line in enumerate(lines) if line.startswith(f"{key} =")]
    assert lines[at - 1].startswith("# ")


def test_the_limits_of_the_example_are_the_defaults() -> None:
    assert loading.load(EXAMPLE).limits == Limits()


def test_what_is_in_effect_tells_where_it_came_from() -> None:
    raw = loading.parse_toml(b'plan = "x"\n[pools.us]\ntarget_size = 1\n[countries.gb]\n')
    found = {setting.key: setting for setting in explain.settings(loading.load(EXAMPLE), raw)}
    assert told(found["plan"]) == ("platform", "file")
    assert told(found["enabled"]) == (True, "default")
    assert found["limits.max_monthly_cost"].value == "100.00"
    assert found["meta.code_timeout"].value == "60s"
    assert told(found["pools.US.target_size"]) == (5, "file")
    assert found["pools.US.enabled"].source == "default"
    assert found["countries.GB.number_type"].value == "mobile"


def test_the_environment_is_a_source_of_its_own() -> None:
    environ = {
        "KAPSO_TWILIO_DATA_DIR": "/srv/numbers",
        "KAPSO_TWILIO_META_URL": "https://m.example",
    }
    found = {setting.key: setting for setting in explain.surroundings(environ)}
    assert told(found["data_dir"]) == ("/srv/numbers", "environment")
    assert told(found["meta_url"]) == ("https://m.example", "environment")
    assert told(found["twilio_url"]) == (None, "default")


def test_each_setting_in_effect_tells_what_it_is_for() -> None:
    raw = loading.parse_toml(EXAMPLE.read_bytes())
    found = [*explain.settings(loading.load(EXAMPLE), raw), *explain.surroundings({})]
    assert [setting.key for setting in found if not setting.meaning] == []
