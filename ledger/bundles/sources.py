"""The firmware's sources: which files there are, their version, and what a board needs of them."""

from __future__ import annotations

import ast
from pathlib import Path

from ledger.bundles.errors import SourcesUnusable
from ledger.domain.firmware.errors import InvalidRelease
from ledger.domain.firmware.rules import number_of

# Beside the packages that these come from in a checkout.
CHECKOUT = Path(__file__).parents[2] / "firmware"
# These choose what starts, so that an update can be wrong: they come by cable only.
NEVER_OVER_THE_AIR = ("boot.py", "main.py", "slots.py")
# Tells a build tool what to freeze, and is of no use on a device.
_NOT_FOR_DEVICES = ("manifest.py",)
# A module of boards/ is a board when it defines this; the others are what boards share.
_MARK = "def make_safe("
_SIMULATOR = "simulator"


def modules(source: Path) -> list[str]:
    """Return the paths of everything that a device may carry; refuses with SourcesUnusable."""
    if not (source / "main.py").is_file() or not (source / "boards").is_dir():
        raise SourcesUnusable(f"{source} is no folder of the firmware: --source names it.")
    found = sorted(path.relative_to(source).as_posix() for path in source.rglob("*.py"))
    return [path for path in found if path not in _NOT_FOR_DEVICES]


def boards(source: Path) -> list[str]:
    """Return the names of the boards that there are."""
    beside = [path for path in modules(source) if path.startswith("boards/")]
    return [Path(path).stem for path in beside if _MARK in (source / path).read_text(encoding="utf-8")]


def modules_of_board(source: Path, board: str) -> list[str]:
    """Return the paths of what is updated over the air on a board; refuses with SourcesUnusable."""
    known = boards(source)
    if board not in known:
        raise SourcesUnusable(f"There is no board {board!r}: there are {', '.join(known)}.")
    foreign = {f"boards/{name}.py" for name in known if name != board and not _stands_in(source, name)}
    return [path for path in modules(source) if path not in foreign and path not in NEVER_OVER_THE_AIR]


def version_of(source: Path) -> str:
    """Return the version in `system/version.py`; refuses with SourcesUnusable."""
    try:
        tree = ast.parse((source / "system" / "version.py").read_text(encoding="utf-8"))
        version = next(node.value.value for node in tree.body if isinstance(node, ast.Assign))
        number_of(version)
    except (OSError, SyntaxError, StopIteration, AttributeError, TypeError, InvalidRelease) as error:
        raise SourcesUnusable(f"{source}/system/version.py has no VERSION such as '1.4.0'.") from error
    return version


def _stands_in(source: Path, board: str) -> bool:
    # A device without a readable configuration shows so on the board that its platform most likely is.
    tree = ast.parse((source / "system" / "config.py").read_text(encoding="utf-8"))
    named = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)}
    return board != _SIMULATOR and board in named
