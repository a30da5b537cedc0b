"""Edits of three real-looking pipelines, and by hand what each reaches: the nodes whose own work is another, and how nodes read each other.

Nothing here asks the compiler: what an edit reaches follows from the pipelines' texts, as their author would tell it.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import final

from attrs import frozen

from tests.benchmarks.teams import STAGES_A_TEAM, write_teams

EXAMPLES = Path(__file__).parents[3] / "examples"
DIGITS = "23478"
"""What stands for `{n}`: none of these is in a place of the texts below already."""


@final
@frozen
class Site:
    """A text that stands once in the pipeline, what it becomes, and the nodes that this changes by themselves."""

    kind: str
    old: str
    new: str
    nodes: frozenset[str]


@final
@frozen
class Project:
    """A pipeline: its text, what each node reads, and where it is edited."""

    name: str
    text: str
    reads: Mapping[str, tuple[str, ...]]
    sites: tuple[Site, ...]

    def reached(self, nodes: Iterable[str]) -> set[str]:
        """Give nodes and all that are made of them; `reads` names nodes after those they read."""
        found = set(nodes)
        for node, reads in self.reads.items():
            if found.intersection(reads):
                found.add(node)
        return found


def _reads(text: str) -> dict[str, tuple[str, ...]]:
    lines = (line.partition(":") for line in text.split("\n") if line.strip())
    return {node.strip(): tuple(reads.split()) for node, _, reads in lines}


_DIGITS_READS = _reads("""
scans:
clean: scans
split_clean: clean
embed.test: split_clean
embed.train: split_clean
embed.validation: split_clean
fit: embed.train
score.test: fit embed.test
score.validation: fit embed.validation
temperature: score.validation
decide: temperature score.test
accuracy: decide
handling_cost: decide
human_share: decide
miscalibration: decide
""")
_EMBED = "embed.train embed.validation embed.test"
_SCORE = "score.test score.validation"
_METRICS = "accuracy handling_cost human_share miscalibration"
_DIGITS_SITES = (
    # what bodies and helpers do
    ("code", "pixels.max(axis=1) > 0", "pixels.max(axis=1) > 0.{n}", "clean"),
    ("code", "max_iter=500", "max_iter=5{n}0", "fit"),
    ("code", "bounds=(-3, 3)", "bounds=(-3, 1{n})", "temperature"),
    ("code", "1e-12", "1e-2{n}", "temperature"),
    ("code", "* mistake > human", "* mistake > human * 1.{n}", "decide"),
    ("code", "PerRow(decisions.pandas[Decisions.cost])", "PerRow(decisions.pandas[Decisions.cost] * 1.{n})", "handling_cost"),
    ("code", "PerRow(decisions.pandas[Decisions.to_human])", "PerRow(~~decisions.pandas[Decisions.to_human].head({n}))", "human_share"),
    ("helper", "logits / temperature", "logits / (temperature + 0.{n})", "temperature decide"),
    ("helper", "else np.empty((0, 0))", "else np.empty((0, {n}))", f"clean {_EMBED} fit {_SCORE} temperature decide"),
    ("helper", "index=like.index)", "index=like.index, name='{n}')", f"clean {_EMBED} {_SCORE}"),
    ("helper", 'columns={"pixels": "features"})', 'columns={"pixels": "features"}).head({n})', ""),
    ("helper", "def grid(frame", "def unused() -> int:\n    return {n}\n\n\ndef grid(frame", ""),
    # parameters
    (
        "default",
        'components: int = 6) -> Table[Vectors, S]:\n    """Keep',
        'components: int = {n}) -> Table[Vectors, S]:\n    """Keep',
        _EMBED,
    ),
    ("default", "c: float = 1.0", "c: float = 1.{n}", "fit"),
    ("default", "mistake: float = 2.5", "mistake: float = 2.{n}", "decide"),
    ("parameter", "embed(parts.validation)", "embed(parts.validation, components={n})", "embed.validation"),
    ("parameter", "embed(parts.test)), heat)", "embed(parts.test)), heat, human=0.{n})", "decide"),
    ("parameter", "model = fit(embed(parts.train))", "model = fit(embed(parts.train), c=0.{n})", "fit"),
    # sources, splits, seeds, wiring
    ("source", "data/scans.parquet", "data/{n}/scans.parquet", "scans"),
    ("split", "test=0.3", "test=0.3{n}", "split_clean"),
    ("split", "validation=0.2", "validation=0.2{n}", "split_clean"),
    ("seed", "seed=20261123", "seed={n}", " ".join(set(_DIGITS_READS) - {"scans"})),
    (
        "wiring",
        "temperature(score(model, ",
        'temperature(score(fit.named("other")(embed(parts.train), c=0.{n}), ',
        "other score.validation",
    ),
    # what contracts promise, and what they only say
    (
        "contract",
        "ink: Column[float] = column(gt=0, le=1, unit=u.RATIO)",
        "ink: Column[float] = column(gt=0, le=1.{n}, unit=u.RATIO)",
        f"clean split_clean {_EMBED}",
    ),
    ("contract", 'class Vectors(Contract, version="1.0"', 'class Vectors(Contract, version="1.{n}"', f"{_EMBED} fit {_SCORE}"),
    ("contract", 'class Scans(Contract, version="1.1"', 'class Scans(Contract, version="1.{n}"', "scans clean"),
    (
        "contract",
        "cost: Column[float] = column(ge=0, unit=u.USD)",
        "cost: Column[float] = column(ge=0, le={n}000, unit=u.USD)",
        f"decide {_METRICS}",
    ),
    ("said", "The digit that the writer meant.", "The digit that the writer meant, {n}.", ""),
    ("said", 'Decisions(Contract, version="1.0", owner="post-office")', 'Decisions(Contract, version="1.0", owner="post-{n}")', ""),
    ("said", "One log-odds for each digit.", "{n} log-odds for each digit.", ""),
    # what changes no result
    ("cosmetic", "Fit one logistic regression over all digits.", "Fit {n} logistic regressions.", ""),
    ("cosmetic", "    frame = train.pandas\n", "    # note {n}\n    frame = train.pandas  # more\n", ""),
    ("cosmetic", "scans = source(Scans", "\n\n# {n}\nscans = source(Scans", ""),
    ("cosmetic", "    chosen, confidence = ", "    chosen, \\\n        confidence = ", ""),
    ("metric", "range=(0, None)", "range=(0, {n}000)", ""),
    ("gate", "at_least(0.93)", "at_least(0.8{n})", ""),
    ("gate", "cost.at_most(0.12)", "cost.at_most(0.{n})", ""),
    ("governance", 'Budget(wall="20s", memory="1GB")', 'Budget(wall="4{n}s", memory="2GB")', ""),
    ("governance", '@stage(owner="post-office")', '@stage(owner="post-{n}", tags=["a{n}"])', ""),
    ("governance", 'schedule="0 6 * * 1"', 'schedule="0 {n} * * 1"', ""),
    ("experiment", "Seeds(5)", "Seeds(1{n})", ""),
)  # fmt: skip

_FLIGHTS_READS = _reads("""
operations/departures:
operations/weather:
operations/clean_weather: operations/weather
operations/join_weather: operations/departures operations/clean_weather
punctuality/split_join_weather: operations/join_weather
punctuality/fit: punctuality/split_join_weather
punctuality/warn: punctuality/split_join_weather punctuality/fit
punctuality/cost_per_flight: punctuality/warn
punctuality/miscalibration: punctuality/warn
punctuality/warning_f1: punctuality/warn
""")
_MEASURED = "punctuality/cost_per_flight punctuality/miscalibration punctuality/warning_f1"
_FLIGHTS_SITES = (
    ("code", 'frame["wind_speed"] <= 150', 'frame["wind_speed"] <= 1{n}0', "operations/clean_weather"),
    ("code", '.sort_values("flight_id"))', '.sort_values("flight_id").head({n}000))', "operations/join_weather"),
    ("code", "max_iter=500", "max_iter=5{n}0", "punctuality/fit"),
    ("code", "warned & ~late, needless, 0.0", "warned & ~late, needless, 0.{n}", "punctuality/warn"),
    ("code", "PerRow(warnings.pandas[Warnings.cost])", "PerRow(warnings.pandas[Warnings.cost] * 1.{n})", "punctuality/cost_per_flight"),
    ("constant", "LATE_MINUTES = 15", "LATE_MINUTES = 3{n}", "punctuality/fit punctuality/warn"),
    ("constant", '"wind_speed": 10.0', '"wind_speed": 1{n}.0', "punctuality/fit punctuality/warn"),
    ("helper", 'frame["arrival_delay"] >= LATE_MINUTES', 'frame["arrival_delay"] > LATE_MINUTES + {n}', "punctuality/fit punctuality/warn"),
    ("helper", "frame[name].to_numpy() / scale", "frame[name].to_numpy() / scale * {n}", "punctuality/fit punctuality/warn"),
    ("default", "missed: float = 20.0", "missed: float = 2{n}.5", "punctuality/warn"),
    ("default", "c: float = 1.0", "c: float = 1.{n}", "punctuality/fit"),
    ("parameter", "warn(fit(by_month.train), by_month.test)", "warn(fit(by_month.train, c=0.{n}), by_month.test)", "punctuality/fit"),
    ("parameter", "by_month.test)\n", "by_month.test, needless=1.{n})\n", "punctuality/warn"),
    ("source", '"data/weather.csv"', '"data/{n}/weather.csv"', "operations/weather"),
    ("source", "data/departures.parquet", "data/{n}/departures.parquet", "operations/departures"),
    ("split", "dt.date(2013, 4, 1)", "dt.date(2013, {n}, 9)", "punctuality/split_join_weather"),
    ("seed", "seed=2013", "seed={n}", " ".join(set(_FLIGHTS_READS) - {"operations/departures", "operations/weather"})),
    (
        "contract",
        'FlownFlights(Contract, version="2.0"',
        'FlownFlights(Contract, version="2.{n}"',
        "operations/join_weather punctuality/split_join_weather",
    ),
    (
        "contract",
        'Questions(Contract, version="1.0"',
        'Questions(Contract, version="1.{n}"',
        "punctuality/split_join_weather punctuality/fit punctuality/warn",
    ),
    ("contract", 'Warnings(Contract, version="1.0"', 'Warnings(Contract, version="1.{n}"', f"punctuality/warn {_MEASURED}"),
    (
        "contract",
        'Weather(Readings, version="1.0"',
        'Weather(Readings, version="1.{n}"',
        "operations/clean_weather operations/join_weather",
    ),
    ("said", "Hourly weather as the station published it", "Weather of {n} hours as the station published it", ""),
    ("said", "What the model sees, and what each is divided by.", "What the {n} models see.", ""),
    ("said", 'Readings(Contract, version="1.0", owner="operations")', 'Readings(Contract, version="1.0", owner="operations{n}")', ""),
    ("cosmetic", "Learn how likely a flight is to arrive late.", "Learn {n} times how likely a flight is to arrive late.", ""),
    ("cosmetic", "    wind = frame", "    # {n}\n\n    wind = frame", ""),
    ("cosmetic", "LATE_MINUTES = 15\n", "LATE_MINUTES = (\n    15\n)  # {n}\nEARLY_MINUTES = {n}\n", ""),
    ("gate", "quality.at_least(0.6)", "quality.at_least(0.{n})", ""),
    ("gate", "cost.at_most(2.5)", "cost.at_most(2.{n})", ""),
    ("governance", 'schedule="30 5 1 * *"', 'schedule="30 {n} 1 * *"', ""),
    ("governance", 'seed=2013,\n    owner="punctuality"', 'seed=2013,\n    owner="board{n}"', ""),
)  # fmt: skip

_SHOP_READS = """
shop-{t}/customers-{t}:
shop-{t}/fill_ages_{t}: shop-{t}/customers-{t}
shop-{t}/adults_{t}: shop-{t}/fill_ages_{t}
shop-{t}/orders-{t}:
shop-{t}/fill_amounts_{t}: shop-{t}/orders-{t}
shop-{t}/drop_tests_{t}: shop-{t}/fill_amounts_{t}
shop-{t}/round_amounts_{t}: shop-{t}/drop_tests_{t}
shop-{t}/join_{t}: shop-{t}/adults_{t} shop-{t}/round_amounts_{t}
shop-{t}/usual_{t}: shop-{t}/join_{t}
shop-{t}/split_usual_{t}: shop-{t}/usual_{t}
shop-{t}/features_{t}.test: shop-{t}/split_usual_{t}
shop-{t}/features_{t}.train: shop-{t}/split_usual_{t}
shop-{t}/features_{t}.validation: shop-{t}/split_usual_{t}
shop-{t}/fit_{t}: shop-{t}/features_{t}.train
shop-{t}/score_{t}.test: shop-{t}/features_{t}.test shop-{t}/fit_{t}
shop-{t}/score_{t}.validation: shop-{t}/features_{t}.validation shop-{t}/fit_{t}
shop-{t}/threshold_{t}: shop-{t}/score_{t}.validation
shop-{t}/decide_{t}: shop-{t}/threshold_{t} shop-{t}/score_{t}.test
shop-{t}/cost_{t}: shop-{t}/decide_{t}
shop-{t}/cost_share_{t}: shop-{t}/decide_{t}
shop-{t}/warned_right_{t}: shop-{t}/decide_{t}
"""
_FEATURES = "features_{t}.train features_{t}.validation features_{t}.test"
_SHOP_SITES = (
    ("constant", 'FILL_{t} = {{"amount": {t}.5', 'FILL_{t} = {{"amount": {t}.{n}', "fill_amounts_{t} fill_ages_{t}"),
    ("constant", 'WEIGHTS_{t} = {{"size": 0.', 'WEIGHTS_{t} = {{"size": 0.{n}', "fit_{t} score_{t}.test score_{t}.validation"),
    (
        "helper",
        "total * slope)\n\n\n@stage(owner=\"team-{t}\"",
        "total * slope + {n})\n\n\n@stage(owner=\"team-{t}\"",
        "fit_{t} score_{t}.test score_{t}.validation",
    ),
    ("code", "clipped(amount, 0, {t}0000)", "clipped(amount, {n}, {t}0000)", "fill_amounts_{t}"),
    ("code", '"FR1{t}"', '"FR{n}"', "adults_{t}"),
    ("code", "warned = frame[Scores{t}.chance] > at", "warned = frame[Scores{t}.chance] > at + 0.0{n}", "threshold_{t}"),
    ("code", "PerRow(decisions.pandas[Decisions{t}.cost])", "PerRow(decisions.pandas[Decisions{t}.cost] * 1.{n})", "cost_{t}"),
    ("default", "most: float = 1{t}00.0", "most: float = {n}00.5", "usual_{t}"),
    (
        "parameter",
        "usual_{t}(join_{t}(clean, adults_{t}(fill_ages_{t}(customers))))",
        "usual_{t}(join_{t}(clean, adults_{t}(fill_ages_{t}(customers))), most={n}.5)",
        "usual_{t}",
    ),
    ("parameter", "model = fit_{t}(features_{t}(parts.train))", "model = fit_{t}(features_{t}(parts.train), rounds=9{n})", "fit_{t}"),
    (
        "wiring",
        "round_amounts_{t}(drop_tests_{t}(fill_amounts_{t}(orders), least={t}))",
        "round_amounts_{t}(fill_amounts_{t}(orders))",
        "round_amounts_{t}",
    ),
    ("wiring", "join_{t}(clean, adults_{t}(fill_ages_{t}(customers)))", "join_{t}(clean, fill_ages_{t}(customers))", "join_{t}"),
    ("source", "data/orders-{t}.parquet", "data/{n}/orders-{t}.parquet", "orders-{t}"),
    ("split", "by=Joined{t}.customer, test=0.25", "by=Joined{t}.customer, test=0.2{n}", "split_usual_{t}"),
    (
        "contract",
        'Joined{t}(Contract, version="1.0"',
        'Joined{t}(Contract, version="1.{n}"',
        f"join_{{t}} usual_{{t}} split_usual_{{t}} {_FEATURES}",
    ),
    (
        "contract",
        'Features{t}(Contract, version="1.0"',
        'Features{t}(Contract, version="1.{n}"',
        f"{_FEATURES} fit_{{t}} score_{{t}}.test score_{{t}}.validation",
    ),
    (
        "contract",
        'CleanCustomers{t}(Customers{t}, version="1.0"',
        'CleanCustomers{t}(Customers{t}, version="1.{n}"',
        "fill_ages_{t} adults_{t} join_{t}",
    ),
    ("said", "One order of shop {t} a row.", "One order of shop {t} a row, {n}.", ""),
    ("said", 'Scores{t}(Contract, version="1.0", owner="team-{t}")', 'Scores{t}(Contract, version="1.0", owner="team-{n}")', ""),
    ("cosmetic", "Drop the orders that shop {t} makes to test itself.", "Drop {n}.", ""),
    (
        "cosmetic",
        "    kept = frame[(frame[\"customer\"] > least) & (frame[\"items\"] <= 1{t})]",
        "    # {n}\n    kept = frame[\n        (frame['customer'] > least) & (frame['items'] <= 1{t})\n    ]",
        "",
    ),
    ("gate", "cost.at_most(1{t}.5)", "cost.at_most(1{t}.{n})", ""),
)  # fmt: skip
_SHARED = (
    ("constant", "CENTS = 100", "CENTS = 1{n}0", "round_amounts_{t} " + _FEATURES),
    ("constant", '"high": 0.95', '"high": 0.9{n}', _FEATURES),
    ("helper", "values.clip(lower=low, upper=high)", "values.clip(lower=low, upper=high) * 1.{n}", "fill_amounts_{t} " + _FEATURES),
    ("helper", "1 / (1 + np.exp(-values))", "1 / (1.{n} + np.exp(-values))", "fit_{t} score_{t}.test score_{t}.validation"),
    ("helper", "def shares(", "def shares_of_nothing() -> int:\n    return {n}\n\n\ndef shares(", ""),
    ("said", "Squash values.", "Squash {n} values.", ""),
)  # fmt: skip


def projects() -> tuple[Project, ...]:
    """Give the two examples, and two teams of the company that is measured."""
    with tempfile.TemporaryDirectory() as folder:
        write_teams(2 * STAGES_A_TEAM, Path(folder))
        company = (Path(folder) / "pipeline.py").read_text(encoding="utf-8")
    shops = [
        Site(kind, old.format(t=t), _later(new, t), _named(nodes.format(t=t), f"shop-{t}/"))
        for t in (1, 2)
        for kind, old, new, nodes in _SHOP_SITES
    ]
    shared = [
        Site(
            kind, old, new, frozenset[str]().union(*(_named(nodes.format(t=t), f"shop-{t}/") for t in (1, 2)))
        )
        for kind, old, new, nodes in _SHARED
    ]
    reads = {**_reads(_SHOP_READS.format(t=1)), **_reads(_SHOP_READS.format(t=2))}
    return (
        _example("digit_reader", _DIGITS_READS, _DIGITS_SITES),
        _example("flight_delays", _FLIGHTS_READS, _FLIGHTS_SITES),
        Project("company", company, reads, (*shops, *shared)),
    )


def _example(
    name: str, reads: Mapping[str, tuple[str, ...]], sites: Iterable[tuple[str, str, str, str]]
) -> Project:
    text = (EXAMPLES / name / "pipeline.py").read_text(encoding="utf-8")
    return Project(
        name, text, reads, tuple(Site(kind, old, new, _named(nodes)) for kind, old, new, nodes in sites)
    )


def _named(nodes: str, scope: str = "") -> frozenset[str]:
    return frozenset(f"{scope}{node}" for node in nodes.split())


def _later(new: str, shop: int) -> str:
    """Fill in the shop and leave the digit open."""
    return new.replace("{t}", str(shop)).replace("{{", "{").replace("}}", "}")
