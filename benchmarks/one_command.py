"""The measure: the smallest useful Typer program, without colours in its help.

With them, `--help` takes twice as long, and the measure would be easier to meet.
"""

from __future__ import annotations

import typer

app = typer.Typer(rich_markup_mode=None)


@app.command()
def main(name: str = "world") -> None:
    """Greet somebody."""
    print(f"Hello, {name}")


if __name__ == "__main__":
    app()
