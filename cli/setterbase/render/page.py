"""From a renderable to text: coloured and as wide as the terminal, or plain where nobody looks."""

from __future__ import annotations

from rich.console import Console, RenderableType

# In a pipe or a log nobody reads at a width: wide enough to cut nothing off a list.
UNBOUND = 400


def page(
    renderable: RenderableType,
    *,
    width: int | None = None,
    colour: bool | None = None,
    unbound: bool = False,
) -> str:
    """The text of `renderable`, its lines without trailing blanks.

    Width and colour are those of stdout (80 and none in a pipe) unless given. `unbound` lets a list
    be as wide as it needs in a pipe.
    """
    console = Console(
        width=width,
        force_terminal=colour,
        color_system="auto" if colour is not False else None,
        highlight=False,
        emoji=False,
        markup=False,
    )
    if unbound and width is None and not console.is_terminal:
        console.width = UNBOUND
    with console.capture() as capture:
        console.print(renderable)
    return "\n".join(line.rstrip() for line in capture.get().splitlines())


def columns() -> int:
    """How wide stdout is; 80 in a pipe, unless COLUMNS says otherwise."""
    return Console().width
