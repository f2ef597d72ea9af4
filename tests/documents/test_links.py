"""Every link of every document leads to a file that is there, and to a heading in it.

The site's own links are also checked by its builder (test_site). What leads to other hosts is not
fetched.
"""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import urlsplit

import pytest

ROOT = Path(__file__).parents[2]
DOCUMENTS = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]


def links_of(text: str) -> list[str]:
    """Where links and pictures lead, code left out."""
    prose = re.sub(r"^```.*?^```|`[^`\n]+`", "", text, flags=re.DOTALL | re.MULTILINE)
    return re.findall(r"\]\(\s*([^)\s]+)\s*\)", prose)


def anchors_of(text: str) -> set[str]:
    """What a heading is called in a link, both in the site and where a forge shows the file."""
    without_code = re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE)
    headings = re.findall(r"^#+ (.+)$", without_code, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def broken_links(document: Path) -> list[str]:
    """The links of a document that lead nowhere."""
    text = document.read_text(encoding="utf-8")
    return [link for link in links_of(text) if not _leads_somewhere(link, document)]


def _leads_somewhere(link: str, document: Path) -> bool:
    parts = urlsplit(link)
    if parts.scheme in ("http", "https"):
        return True
    target = document.parent / parts.path if parts.path else document
    if not target.exists():
        return False
    return not parts.fragment or parts.fragment in anchors_of(target.read_text(encoding="utf-8"))


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_leads_to_a_file_and_a_heading(document: Path) -> None:
    assert broken_links(document) == []


def test_a_link_that_leads_nowhere_would_be_seen(tmp_path: Path) -> None:
    (tmp_path / "b.md").write_text("# Limits, and `prices`\n\n```\n# no heading\n```\n")
    text = """# A page
[there](b.md) [too](b.md#limits-and-prices) [here](#a-page) [far](https://example.com/x) `[x](y)`
![no picture](no.svg) [no page](c.md) [no heading](b.md#no-heading) [nor here](#b-page)
"""
    (tmp_path / "a.md").write_text(text)
    assert broken_links(tmp_path / "a.md") == ["no.svg", "c.md", "b.md#no-heading", "#b-page"]
