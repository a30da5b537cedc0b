"""Plans of any size put together by hand, the examples' own plans, and a real browser."""

from __future__ import annotations

import base64
import fcntl
import hashlib
import json
import os
import select
import shutil
import subprocess
import sys
import time
from collections.abc import Generator, Sequence
from pathlib import Path
from typing import Any

import pytest
from attrs import define, field

from stagelang.origin import Origin
from stagelang_compiler import plan as p
from stagelang_compiler.compiler import check_file

ORIGIN = Origin("pipeline.py", 1)
EXAMPLES = Path(__file__).parents[3] / "examples"


def sha(*parts: object) -> str:
    return "sha256:" + hashlib.sha256(repr(parts).encode()).hexdigest()


@define
class Builder:
    """Puts a plan together node by node; each makes one table of `Rows` unless said."""

    name: str = "hand-made"
    nodes: list[p.Node] = field(factory=list[p.Node])
    stages: dict[str, p.Stage] = field(factory=dict[str, p.Stage])
    metrics: list[p.Metric] = field(factory=list[p.Metric])
    gates: list[p.Gate] = field(factory=list[p.Gate])
    contracts: dict[str, p.Contract] = field(factory=dict[str, p.Contract])

    def contract(self, name: str, version: str = "1.0", columns: Sequence[str] = ("row_id",)) -> None:
        self.contracts[name] = p.Contract(
            name=name,
            version=version,
            owner="",
            description="",
            closed=False,
            min_rows=1,
            max_rows=None,
            columns=tuple(p.Column(name=each, type="int", origin=ORIGIN) for each in columns),
            digest=sha(name),
            origin=ORIGIN,
        )

    def node(
        self,
        name: str,
        *reads: str,
        kind: Any = "",
        scope: str = "",
        owner: str = "",
        stage: str = "",
        contract: str = "Rows",
        population: str = "",
        description: str = "",
        params: dict[str, Any] | None = None,
    ) -> None:
        kind = kind or ("stage" if reads else "source")
        stage = stage or ("" if kind in ("source", "split") else name)
        if stage:
            code = p.Code(module="pipeline", qualname=stage, file="pipeline.py", digest=sha(stage))
            self.stages[stage] = p.Stage(
                name=stage, kind="stage", code=code, owner=owner, description=description, origin=ORIGIN
            )
        inputs = [
            p.Input(argument=f"a{number}", node=each, output="out", contract="", promised="Rows", proved=True)
            for number, each in enumerate(reads)
        ]
        output = p.Output(name="out", kind="table", contract=contract, population=population)
        self.nodes.append(
            p.Node(
                name=name,
                id=sha(name),
                kind=kind,
                stage=stage,
                scope=scope,
                owner=owner,
                inputs=tuple(inputs),
                outputs=(output,),
                params=params or {},
                source=p.Source(location="rows.csv", format="csv") if kind == "source" else None,
                origin=ORIGIN,
            )
        )

    def metric(self, name: str, *, node: str = "", expression: p.Expression | None = None) -> None:
        self.metrics.append(
            p.Metric(
                name=name,
                node=node,
                expression=expression,
                unit=p.Unit(text="1", factor=1.0, powers={}),
                better="higher",
                low=0.0,
                high=1.0,
                aggregate=None if expression else p.Aggregate(kind="mean", columns=1),
                undefined="error",
                version="1",
                cluster="",
                population="Test",
                owner="",
                description="",
                reported=True,
                origin=ORIGIN,
            )
        )

    def gate(self, metric: str, low: float) -> None:
        self.gates.append(
            p.Gate(
                name=f"{metric} at least {low}",
                metric=metric,
                kind="at_least",
                low=low,
                judged_on="interval",
                origin=ORIGIN,
            )
        )

    def plan(self) -> p.Plan:
        return p.Plan(
            name=self.name,
            seed=1,
            spec="pipeline.py",
            contracts=self.contracts,
            stages=self.stages,
            nodes=tuple(self.nodes),
            metrics=tuple(self.metrics),
            gates=tuple(self.gates),
            origin=ORIGIN,
        )


@pytest.fixture
def building() -> Builder:
    return Builder()


def plan_of_size(count: int, *, per_scope: int = 0) -> p.Plan:
    """Chain scopes of so many nodes, each node reading the two before it in its scope; 0 puts all outside of any."""
    builder = Builder(name=f"of-{count}")
    width = per_scope or count
    for number in range(count):
        within = number % width
        scope = f"region_{number // width:04d}" if per_scope else ""
        names = [node.name for node in builder.nodes[-min(within, 2) :]] if within else []
        reads = names or [node.name for node in builder.nodes[-1:]]
        name = f"{scope}/step_{number}" if scope else f"step_{number}"
        builder.node(name, *reads, scope=scope, owner=("vision", "mailroom")[number % 2])
    return builder.plan()


@pytest.fixture(scope="session")
def digit_reader() -> p.Plan:
    return _example("digit_reader")


@pytest.fixture(scope="session")
def flight_delays() -> p.Plan:
    return _example("flight_delays")


def _example(name: str) -> p.Plan:
    plan = check_file(EXAMPLES / name / "pipeline.py").plan
    assert plan is not None
    return plan


# A browser is driven over a pair of pipes, in its own protocol: one JSON text after another, each ended by a zero byte.

QUIET_FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--hide-scrollbars",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
)
ON_PIPES = "import os, sys; os.dup2(int(sys.argv[1]), 3); os.dup2(int(sys.argv[2]), 4); os.execv(sys.argv[3], sys.argv[3:])"
PATIENCE = 60.0


class Browser:
    """Chromium without a window."""

    def __init__(self, program: str, profile: Path) -> None:
        theirs_in, ours_out = os.pipe()
        ours_in, theirs_out = os.pipe()
        low = [fcntl.fcntl(each, fcntl.F_DUPFD, 10) for each in (theirs_in, theirs_out)]
        command = [
            program,
            *QUIET_FLAGS,
            f"--user-data-dir={profile}",
            "--remote-debugging-pipe",
            "about:blank",
        ]
        self.process = subprocess.Popen(
            [sys.executable, "-c", ON_PIPES, *map(str, low), *command],
            pass_fds=low,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        for each in (theirs_in, theirs_out, *low):
            os.close(each)
        self.into, self.out_of = ours_out, ours_in
        self.rest = b""
        self.last = 0
        self.events: list[dict[str, Any]] = []

    def ask(self, method: str, session: str = "", **params: Any) -> dict[str, Any]:
        self.last += 1
        message = {"id": self.last, "method": method, "params": params}
        if session:
            message["sessionId"] = session
        os.write(self.into, json.dumps(message).encode() + b"\0")
        while True:
            answer = self.read()
            if answer.get("id") == self.last:
                assert "error" not in answer, answer["error"]
                result: dict[str, Any] = answer["result"]
                return result
            self.events.append(answer)

    def read(self) -> dict[str, Any]:
        while b"\0" not in self.rest:
            ready, _, _ = select.select([self.out_of], [], [], PATIENCE)
            assert ready, "the browser says nothing"
            read = os.read(self.out_of, 1 << 20)
            assert read, "the browser has ended"
            self.rest += read
        text, _, self.rest = self.rest.partition(b"\0")
        answer: dict[str, Any] = json.loads(text)
        return answer

    def open(self, address: str, *, width: int = 1400, height: int = 900, dark: bool = False) -> Page:
        target = self.ask("Target.createTarget", url="about:blank")["targetId"]
        session = self.ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        page = Page(self, session)
        for domain in ("Page", "Runtime", "Log", "Network"):
            page.ask(f"{domain}.enable")
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        page.ask("Emulation.setEmulatedMedia", features=[scheme])
        page.ask(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=False,
        )
        page.ask("Page.navigate", url=address)
        page.until("document.readyState === 'complete' && location.protocol === 'file:'")
        return page

    def close(self) -> None:
        self.ask("Browser.close")
        self.process.wait(timeout=PATIENCE)
        os.close(self.into)
        os.close(self.out_of)


@define
class Page:
    """One page in the browser."""

    browser: Browser
    session: str

    def ask(self, method: str, **params: Any) -> dict[str, Any]:
        return self.browser.ask(method, self.session, **params)

    def js(self, expression: str) -> Any:
        answer = self.ask("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    def until(self, condition: str) -> None:
        end = time.monotonic() + PATIENCE
        while not self.js(condition):
            assert time.monotonic() < end, f"never came true: {condition}"
            time.sleep(0.01)

    def key(self, key: str) -> None:
        text = {"Enter": "\r"}.get(key, key if len(key) == 1 else "")
        more = {"text": text} if text else {}
        self.ask("Input.dispatchKeyEvent", type="keyDown", key=key, code=key, **more)
        self.ask("Input.dispatchKeyEvent", type="keyUp", key=key, code=key)

    def type(self, text: str) -> None:
        self.ask("Input.insertText", text=text)

    def mouse(self, kind: str, x: float, y: float, **more: Any) -> None:
        self.ask("Input.dispatchMouseEvent", type=kind, x=x, y=y, **more)

    def click(self, selector: str) -> None:
        x, y = self.centre(selector)
        self.mouse("mouseMoved", x, y)
        self.mouse("mousePressed", x, y, button="left", clickCount=1)
        self.mouse("mouseReleased", x, y, button="left", clickCount=1)

    def centre(self, selector: str) -> tuple[float, float]:
        box = f"document.querySelector({json.dumps(selector)}).getBoundingClientRect()"
        x, y = self.js(f"(() => {{ const b = {box}; return [b.x + b.width / 2, b.y + b.height / 2]; }})()")
        return float(x), float(y)

    def text(self, selector: str) -> str:
        return str(self.js(f"document.querySelector({json.dumps(selector)}).innerText"))

    def screenshot(self, path: Path) -> None:
        path.write_bytes(base64.b64decode(self.ask("Page.captureScreenshot")["data"]))

    def of_kind(self, method: str) -> list[dict[str, Any]]:
        mine = (each for each in self.browser.events if each.get("sessionId") == self.session)
        return [each["params"] for each in mine if each.get("method") == method]

    @property
    def complaints(self) -> list[str]:
        """What the browser complains of: errors of scripts, and what the content security policy refused."""
        self.js("0")
        thrown = [each["exceptionDetails"]["text"] for each in self.of_kind("Runtime.exceptionThrown")]
        return thrown + [each["entry"]["text"] for each in self.of_kind("Log.entryAdded")]

    @property
    def requested(self) -> list[str]:
        return [each["request"]["url"] for each in self.of_kind("Network.requestWillBeSent")]


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Generator[Browser]:
    program = shutil.which("chromium") or shutil.which("google-chrome")
    if program is None:
        pytest.skip("no Chromium here: install it to see pages opened and diagrams parsed")
    found = Browser(program, tmp_path_factory.mktemp("profile"))
    yield found
    found.close()


@pytest.fixture(scope="session")
def sized() -> Any:
    return plan_of_size
