"""The site is built strictly from docs/, and a reader's browser asks nobody else for anything."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]

# What a browser loads by itself, in contrast to what a reader clicks on.
_LOADED = re.compile(
    r"""<(?:script|img|iframe|source|object)\b[^>]*?\b(?:src|data)=["']?(https?:|//)"""
    r"""|<link\b[^>]*?\bhref=["']?(?:https?:|//)|url\(["']?(?:https?:|//)|@import""",
    re.IGNORECASE,
)


def build(root: Path, site: Path) -> subprocess.CompletedProcess[str]:
    """Build as `make docs` does, from the files in `root`."""
    return subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(site)],
        cwd=root,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_site_is_built_without_a_warning_and_loads_nothing_from_elsewhere(tmp_path: Path) -> None:
    built = build(ROOT, tmp_path)
    assert built.returncode == 0, built.stderr
    assert "WARNING" not in built.stderr
    pages = list(tmp_path.rglob("*.html"))
    assert len(pages) > len(list((ROOT / "docs").rglob("*.md"))), "and one for what is not found"
    texts = [page.read_text(encoding="utf-8") for page in (*pages, *tmp_path.rglob("*.css"))]
    assert [found[0] for text in texts for found in _LOADED.finditer(text)] == []


def test_links_anchors_and_pages_that_are_wrong_stop_the_build(tmp_path: Path) -> None:
    for name in ("mkdocs.yml", "CHANGELOG.md"):
        shutil.copy(ROOT / name, tmp_path)
    shutil.copytree(ROOT / "docs", tmp_path / "docs")
    with (tmp_path / "docs" / "index.md").open("a", encoding="utf-8") as page:
        page.write("\n[page](nowhere.md) [heading](cron.md#nothing) [file](/etc/hosts)\n")
    (tmp_path / "docs" / "forgotten.md").write_text("# A page that no menu has\n")
    built = build(tmp_path, tmp_path / "site")
    for wrong in ("nowhere.md", "cron.md#nothing", "/etc/hosts", "forgotten.md"):
        assert wrong in built.stderr
    assert built.stderr.count("WARNING") == 4
