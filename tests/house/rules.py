"""The house rules as functions: from one parsed file to the sentences that say what is wrong with it."""

from __future__ import annotations

import ast
from collections.abc import Iterator

LONGEST_FUNCTION = 40
LONGEST_FILE = 300
MOST_PARAMETERS = 6
DEEPEST_NESTING = 3
Function = ast.FunctionDef | ast.AsyncFunctionDef
_BLOCKS = (ast.If, ast.For, ast.AsyncFor, ast.While, ast.With, ast.AsyncWith, ast.Try, ast.Match)


def too_long_file(text: str) -> Iterator[str]:
    """A file is read in one sitting."""
    lines = text.count("\n")
    if lines > LONGEST_FILE:
        yield f"has {lines} lines"


def too_long_functions(tree: ast.Module) -> Iterator[str]:
    """A function is seen on one screen."""
    for function in _functions(tree):
        lines = function.end_lineno - function.lineno + 1
        if lines > LONGEST_FUNCTION:
            yield f"{function.name} has {lines} lines"


def too_many_parameters(tree: ast.Module) -> Iterator[str]:
    """A call can be remembered."""
    for function in _functions(tree):
        taken = function.args
        named = [*taken.posonlyargs, *taken.args, *taken.kwonlyargs]
        names = [argument.arg for argument in named if argument.arg not in ("self", "cls")]
        names += [argument.arg for argument in (taken.vararg, taken.kwarg) if argument]
        if len(names) > MOST_PARAMETERS:
            yield f"{function.name} takes {len(names)} parameters"


def too_deep_functions(tree: ast.Module) -> Iterator[str]:
    """Conditions are followed without a finger on the line."""
    for function in _functions(tree):
        depth = _depth(function.body)
        if depth > DEEPEST_NESTING:
            yield f"{function.name} is nested {depth} deep"


def no_first_line(tree: ast.Module) -> Iterator[str]:
    """A file starts with a line that says what lives in it."""
    said = ast.get_docstring(tree) or ""
    if not said.split("\n")[0].strip().endswith((".", "…")):
        yield "does not start with a sentence that says what lives in it"


def undocumented(tree: ast.Module) -> Iterator[str]:
    """What others may use says what it does."""
    for node in _public(tree.body):
        if not ast.get_docstring(node):
            yield f"{node.name} has no docstring"


def imports(tree: ast.Module) -> Iterator[str]:
    """Yield the full name of every module that a file imports, wherever in it."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield f"{'.' * node.level}{node.module or ''}"


def called_names(tree: ast.Module) -> Iterator[str]:
    """Yield the dotted name of everything that a file calls or passes on, such as `datetime.now`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            yield f"{node.value.id}.{node.attr}"


def floats(tree: ast.Module) -> Iterator[str]:
    """Near money there is no float: no literal, no name of the type, no division that makes one."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, float):
            yield f"line {node.lineno}: the literal {node.value}"
        elif isinstance(node, ast.Name) and node.id in ("float", "round"):
            yield f"line {node.lineno}: {node.id}"
        elif isinstance(node, (ast.BinOp, ast.AugAssign)) and isinstance(node.op, ast.Div):
            yield f"line {node.lineno}: a division"


def _functions(tree: ast.Module) -> Iterator[Function]:
    return (node for node in ast.walk(tree) if isinstance(node, Function))


def _public(body: list[ast.stmt]) -> Iterator[Function | ast.ClassDef]:
    for node in body:
        if not isinstance(node, (*Function.__args__, ast.ClassDef)) or node.name.startswith("_"):
            continue
        yield node
        if isinstance(node, ast.ClassDef):
            yield from _public(node.body)


def _depth(statements: list[ast.stmt]) -> int:
    return max((_depth_of(statement) for statement in statements), default=0)


def _depth_of(statement: ast.stmt) -> int:
    if not isinstance(statement, _BLOCKS):
        return 0
    inner = [
        *getattr(statement, "body", ()),
        *getattr(statement, "finalbody", ()),
        *(line for handler in getattr(statement, "handlers", ()) for line in handler.body),
        *(line for case in getattr(statement, "cases", ()) for line in case.body),
    ]
    # An elif is a further branch of the same question, not a question within it.
    beside = getattr(statement, "orelse", [])
    is_elif = isinstance(statement, ast.If) and len(beside) == 1 and isinstance(beside[0], ast.If)
    if is_elif:
        return max(1 + _depth(inner), _depth(beside))
    return 1 + _depth([*inner, *beside])
