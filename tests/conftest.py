"""Options and fixtures that every test may use."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Generator
from pathlib import Path

import hypothesis
import pytest

# A busy machine must fail no test, and CI must give the same answer twice; at a desk each run looks for new counterexamples.
hypothesis.settings.register_profile("stagelang", deadline=None, derandomize=bool(os.environ.get("CI")))
hypothesis.settings.load_profile("stagelang")

# 'make test' is a make itself: those that the tests start are to behave as a user's own.
for inherited in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "MAKEOVERRIDES", "MAKE_TERMOUT", "MAKE_TERMERR"):
    os.environ.pop(inherited, None)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--bless", action="store_true", help="write what the program gives into the expected files"
    )


@pytest.fixture
def bless(request: pytest.FixtureRequest) -> bool:
    """Whether expected outputs are to be rewritten instead of compared."""
    return bool(request.config.getoption("--bless"))


@pytest.fixture(scope="module", autouse=True)
def _own_modules() -> None:
    """Let each test file import its own `pipeline.py` and helpers: what others loaded from temporary folders is forgotten."""
    temporary, ours = os.path.realpath(tempfile.gettempdir()), str(Path(__file__).resolve().parents[1])
    for name, module in list(sys.modules.items()):
        file = getattr(module, "__file__", None)
        if (
            isinstance(file, str)
            and os.path.realpath(file).startswith(temporary + os.sep)
            and not os.path.realpath(file).startswith(ours + os.sep)
            and "site-packages" not in file
        ):
            del sys.modules[name]


# CI installs every program that a test may want: a skip there is a hole in the proof, which this variable fails.


def _forbid_skip(report: pytest.TestReport | pytest.CollectReport) -> None:
    if os.environ.get("STAGELANG_FORBID_SKIPS") and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipped where skips are forbidden: {report.longrepr}"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    _forbid_skip(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    report = yield
    _forbid_skip(report)
    return report
