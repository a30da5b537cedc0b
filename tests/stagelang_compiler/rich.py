"""A spec that uses everything a plan can hold, as it follows the prelude."""

from __future__ import annotations

RICH = '''
import datetime as dt

from stagelang import Window, smooth, split_by_time


def finish(means: Any) -> float:
    return float(means[0] / means[1])


class Timed(Scans, version="2", owner="labs", closed=True, rows=(2, 1000)):
    """Scans and when they were made."""

    at: Column[dt.datetime] = column(time=True, ge=dt.datetime(2020, 1, 1))
    """The moment of the scan."""
    kind: Column[str] = column(isin=["b", "a"], nullable=True, role="feature", description="how it was made")
    code: Column[str] = column(pattern="[a-z]+")
    height: Column[float] = column(gt=0, lt=3.5, unit=u.METRE)


@stage(owner="labs", budget=Budget(wall="20s", memory="3GB"), resources=Resources(cpus=2, memory="2GiB", time="1h", gpus=1),
       env=["LEVEL"], network=True, always_run=True, tags=["slow", "big"])
def grow(scans: Table[Timed, S], *, sizes: tuple[float, ...] = (1.5, 2.0), names: Any = None) -> Table[Timed, S]:
    """Make them larger."""
    return scans


@command("sh", "{scans:csv}", "{out}", "--level={level}", files=["grow.sh"], owner="labs")
def shell(scans: Table[Timed, S], *, level: int = 1) -> Files:
    raise NotImplementedError


@metric(unit=u.Per[u.USD, u.SECOND], better="none", range=(None, 5), aggregate=smooth(finish, columns=2), undefined=0.5, version="3",
        cluster=Scans.writer, slices=[Timed.kind], window=Window("month"), owner="labs")
def speed(scans: Table[Timed, Test]) -> PerRow[u.Per[u.USD, u.SECOND]]:
    """How fast."""
    return PerRow(1, 2)


with scope("labs"):
    timed = source(Timed, "data/timed.jsonl", owner="labs")
    thirds = split_by_time(timed, by=Timed.at, test_from=dt.date(2021, 1, 1), validation_from=dt.date(2020, 6, 1))
    grown = grow(thirds.test, names={"a": [1, None, "x"]})
right, quick = accuracy(halves.test), speed(grown)
pipeline = Pipeline(
    "rich", seed=7, owner="labs", metrics=[quick, right * 2, right.per(cost(halves.test))],
    gates=[right.at_least(0.5), quick.between(0, 1, judged_on="estimate", in_each=Timed.kind), right.not_worse_than("good", tolerance=0.1)],
    outputs=[shell(thirds.train), files("notes/*.txt"), score(fit(clean(halves.train)), halves.test)],
    experiments=[Swap(grow, grow.named("grow2")), Ablate(grow), Seeds(3), Sweep(clean, level=[1, 2]),
                 Perturb(timed, missing(Timed.ink, rates=[0.5]))],
    schedule="0 6 * * 1", budget=Budget(wall="2min"),
    waivers=[Waiver(rule="SL120", where="nothing*", owner="labs", reason="soon", expires=dt.date(2030, 1, 1))],
)
'''
