"""The outcomes of stories as JUnit XML, which every build server reads."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from xml.etree import ElementTree

from terminal_sim.scenarios.runner import Outcome

SUITE = "tapledger scenarios"
# What XML 1.0 cannot hold, and a display or a console may show.
_UNPRINTABLE = {code: "\N{REPLACEMENT CHARACTER}" for code in range(32) if chr(code) not in "\t\n\r"}


def junit_xml(outcomes: Sequence[Outcome]) -> str:
    """Return the report: one test case for each story, named by its file, with what went otherwise."""
    suite = ElementTree.Element(
        "testsuite",
        name=SUITE,
        tests=str(len(outcomes)),
        failures=str(sum(outcome.failure is not None for outcome in outcomes)),
        errors="0",
        skipped="0",
        time=f"{sum(outcome.real_seconds for outcome in outcomes):.3f}",
    )
    for outcome in outcomes:
        case = ElementTree.SubElement(
            suite,
            "testcase",
            classname="scenarios",
            name=Path(outcome.file).stem,
            file=outcome.file,
            time=f"{outcome.real_seconds:.3f}",
        )
        if outcome.failure is not None:
            text = outcome.failure.translate(_UNPRINTABLE)
            failure = ElementTree.SubElement(case, "failure", message=text.splitlines()[0])
            failure.text = text
        told = ElementTree.SubElement(case, "system-out")
        told.text = f"{outcome.title}\n{outcome.steps_done} steps in {outcome.seconds:.1f} s of the terminals"
    ElementTree.indent(suite)
    return ElementTree.tostring(suite, encoding="unicode", xml_declaration=True) + "\n"
