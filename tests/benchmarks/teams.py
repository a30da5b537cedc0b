"""Writes a pipeline as a company has it: teams of 19 stages each, with bodies, contracts, metrics and gates of their own.

Each team reads orders and customers, cleans both, joins them, makes features, splits, fits a model and a threshold, decides,
and is judged by three metrics with gates. Every number differs from team to team, so that no body is another's.
"""

from __future__ import annotations

from pathlib import Path
from string import Template

STAGES_A_TEAM = 19

_HEAD = '''\
"""A generated company."""

from typing import Any

import numpy as np
import pandas as pd

from stagelang import (
    Budget, Column, Contract, Gate, Metric, Model, PerRow, Pipeline, Resources, S, Seeds, Table, Test, Train, Validation, Value,
    column, f1, mean, metric, ratio, scope, seed, source, split, stage,
)
from stagelang import units as u

CENTS = 100
LIMITS = {"low": 0.05, "high": 0.95}


def clipped(values: pd.Series, low: float, high: float) -> pd.Series:
    """Bring values between two bounds."""
    return values.clip(lower=low, upper=high)


def between_zero_and_one(values: np.ndarray) -> np.ndarray:
    """Squash values."""
    return 1 / (1 + np.exp(-values))


def shares(frame: pd.DataFrame, name: str) -> pd.Series:
    """Give each value's share of the largest allowed."""
    return clipped(frame[name] / CENTS, 0.0, 1.0) * LIMITS["high"] + LIMITS["low"] * 0

'''

_TEAM = Template('''
class Orders$t(Contract, version="1.0", owner="team-$t"):
    """One order of shop $t a row."""

    order_id: Column[int] = column(key=True)
    customer: Column[int] = column(group=True)
    amount: Column[float] = column(ge=0, le=${t}0000, unit=u.USD, nullable=True)
    items: Column[int] = column(ge=1, le=$n)
    channel: Column[str] = column(isin=["web", "shop", "phone$t"])
    late: Column[bool] = column(role="label")


class Customers$t(Contract, version="1.0", owner="team-$t"):
    """One customer of shop $t a row."""

    customer: Column[int] = column(key=True)
    age: Column[int] = column(ge=0, le=130, nullable=True)
    region: Column[str] = column(pattern="[A-Z]{2}$n")
    income: Column[float] = column(ge=0, unit=u.USD)


class CleanOrders$t(Orders$t, version="1.0", owner="team-$t"):
    """Orders without gaps."""

    amount: Column[float] = column(ge=0, le=${t}0000, unit=u.USD)


class CleanCustomers$t(Customers$t, version="1.0", owner="team-$t"):
    """Customers without gaps."""

    age: Column[int] = column(ge=0, le=130)


class Joined$t(Contract, version="1.0", owner="team-$t"):
    """Orders and what is known of who made them."""

    order_id: Column[int] = column(key=True)
    customer: Column[int] = column(group=True)
    amount: Column[float] = column(ge=0, le=${t}0000, unit=u.USD)
    items: Column[int] = column(ge=1, le=$n)
    age: Column[int] = column(ge=0, le=130)
    income: Column[float] = column(ge=0, unit=u.USD)
    late: Column[bool] = column(role="label")


class Features$t(Contract, version="1.0", owner="team-$t"):
    """What the model sees."""

    order_id: Column[int] = column(key=True)
    customer: Column[int] = column(group=True)
    size: Column[float] = column(ge=0, le=1)
    wealth: Column[float] = column(ge=0, le=1)
    years: Column[float] = column(ge=0, le=1)
    amount: Column[float] = column(ge=0, unit=u.USD)
    late: Column[bool] = column(role="label")


class Scores$t(Contract, version="1.0", owner="team-$t"):
    """How likely an order is late."""

    order_id: Column[int] = column(key=True)
    customer: Column[int] = column(group=True)
    chance: Column[float] = column(ge=0, le=1, unit=u.RATIO)
    amount: Column[float] = column(ge=0, unit=u.USD)
    late: Column[bool] = column(role="label")


class Decisions$t(Contract, version="1.0", owner="team-$t"):
    """What was done about it, and what that cost."""

    order_id: Column[int] = column(key=True)
    customer: Column[int] = column(group=True)
    warned: Column[bool] = column(role="prediction")
    cost: Column[float] = column(ge=0, unit=u.USD)
    amount: Column[float] = column(ge=0, unit=u.USD)
    late: Column[bool] = column(role="label")


FILL_$t = {"amount": $t.5, "age": $n}
WEIGHTS_$t = {"size": 0.$n, "wealth": -0.$n, "years": 0.1$t}


def logits_$t(frame: pd.DataFrame, slope: float) -> np.ndarray:
    """Weigh the features of shop $t."""
    total = sum(frame[name].to_numpy() * weight for name, weight in WEIGHTS_$t.items())
    return np.asarray(total * slope)


@stage(owner="team-$t", budget=Budget(wall="${n}s", memory="1GB"))
def fill_amounts_$t(orders: Table[Orders$t, S]) -> Table[CleanOrders$t, S]:
    """Give orders without an amount a usual one."""
    frame = orders.pandas
    amount = frame[Orders$t.amount].fillna(FILL_$t["amount"])
    return orders.derive(CleanOrders$t, frame.assign(amount=clipped(amount, 0, ${t}0000)))


@stage(owner="team-$t")
def drop_tests_$t(orders: Table[CleanOrders$t, S], *, least: int = $n) -> Table[CleanOrders$t, S]:
    """Drop the orders that shop $t makes to test itself."""
    frame = orders.pandas
    kept = frame[(frame["customer"] > least) & (frame["items"] <= $n)]
    return orders.derive(CleanOrders$t, kept.sort_values("order_id"))


@stage(owner="team-$t")
def round_amounts_$t(orders: Table[CleanOrders$t, S]) -> Table[CleanOrders$t, S]:
    """Round to cents."""
    frame = orders.pandas
    cents = (frame["amount"] * CENTS).round() / CENTS
    return orders.derive(CleanOrders$t, frame.assign(amount=cents))


@stage(owner="team-$t")
def fill_ages_$t(customers: Table[Customers$t]) -> Table[CleanCustomers$t]:
    """Give customers without an age a usual one."""
    frame = customers.pandas
    age = frame["age"].fillna(FILL_$t["age"]).astype("int64")
    return customers.derive(CleanCustomers$t, frame.assign(age=age))


@stage(owner="team-$t")
def adults_$t(customers: Table[CleanCustomers$t]) -> Table[CleanCustomers$t]:
    """Keep those of whom shop $t may keep data."""
    frame = customers.pandas
    allowed = frame["region"].isin(["DE$n", "FR$n", "IT$n"])
    return customers.derive(CleanCustomers$t, frame[allowed & (frame["age"] >= 18)])


@stage(owner="team-$t", resources=Resources(cpus=1, memory="1GiB"))
def join_$t(orders: Table[CleanOrders$t, S], customers: Table[CleanCustomers$t]) -> Table[Joined$t, S]:
    """Look up who ordered."""
    known = customers.pandas[["customer", "age", "income"]]
    joined = orders.pandas.merge(known, on="customer", how="inner", validate="many_to_one")
    return orders.derive(Joined$t, joined.drop(columns=["channel"]))


@stage(owner="team-$t")
def usual_$t(joined: Table[Joined$t, S], *, most: float = ${n}00.0) -> Table[Joined$t, S]:
    """Leave out what is ordered by contract."""
    frame = joined.pandas
    usual = frame["amount"] / frame["items"] <= most
    return joined.derive(Joined$t, frame.loc[usual])


@stage(owner="team-$t")
def features_$t(joined: Table[Joined$t, S]) -> Table[Features$t, S]:
    """Scale what the model sees."""
    frame = joined.pandas
    told = frame.assign(
        size=shares(frame, "amount"),
        wealth=clipped(frame["income"] / ${n}000, 0.0, 1.0),
        years=frame["age"] / 130,
    )
    return joined.derive(Features$t, told[["order_id", "customer", "size", "wealth", "years", "amount", "late"]])


@stage(owner="team-$t", codec="json")
def fit_$t(train: Table[Features$t, Train], *, rate: float = 0.$n, rounds: int = $n) -> Model[float]:
    """Find the slope by descent."""
    frame = train.pandas
    late = frame[Features$t.late].to_numpy()
    slope = float(np.random.default_rng(seed()).normal(1.0, 0.01))
    for _ in range(rounds):
        chance = between_zero_and_one(logits_$t(frame, slope))
        slope -= rate * float(((chance - late) * logits_$t(frame, 1.0)).mean())
    return Model.of(slope)


@stage(owner="team-$t")
def score_$t(model: Model[float], features: Table[Features$t, S]) -> Table[Scores$t, S]:
    """Give each order its chance to be late."""
    frame = features.pandas
    chance = between_zero_and_one(logits_$t(frame, model.value))
    told = frame.assign(chance=np.clip(chance, 0.0, 1.0))
    return features.derive(Scores$t, told[["order_id", "customer", "chance", "amount", "late"]])


@stage(owner="team-$t")
def threshold_$t(scores: Table[Scores$t, Validation], *, steps: int = $n) -> Value[float]:
    """Find the chance above which a warning pays."""
    frame = scores.pandas
    best, least = 0.5, float("inf")
    for step in range(1, steps):
        at = step / steps
        warned = frame[Scores$t.chance] > at
        cost = (warned & ~frame["late"]).sum() * $t + (~warned & frame["late"]).sum() * ${n}
        best, least = (at, cost) if cost < least else (best, least)
    return Value.of(best)


@stage(owner="team-$t")
def decide_$t(scores: Table[Scores$t, S], limit: Value[float]) -> Table[Decisions$t, S]:
    """Warn where it pays."""
    frame = scores.pandas
    warned = frame["chance"] > limit.value
    cost = np.where(warned & ~frame["late"], $t.0, 0.0) + np.where(~warned & frame["late"], $n.0, 0.0)
    told = frame.assign(warned=warned, cost=cost)
    return scores.derive(Decisions$t, told[["order_id", "customer", "warned", "cost", "amount", "late"]])


@metric(
    unit=u.RATIO, better="higher", range=(0, 1), aggregate=f1(), undefined="error", version="1", owner="team-$t",
    cluster=Decisions$t.customer,
)
def warned_right_$t(decisions: Table[Decisions$t, Test]) -> PerRow[u.RATIO]:
    """How well warnings meet late orders."""
    frame = decisions.pandas
    return PerRow(frame[Decisions$t.late], frame[Decisions$t.warned])


@metric(
    unit=u.USD, better="lower", range=(0, None), aggregate=mean(), undefined="error", version="1", owner="team-$t",
    cluster=Decisions$t.customer,
)
def cost_$t(decisions: Table[Decisions$t, Test]) -> PerRow[u.USD]:
    """What an order costs."""
    return PerRow(decisions.pandas[Decisions$t.cost])


@metric(
    unit=u.RATIO, better="lower", range=(0, None), aggregate=ratio(), undefined="error", version="1", owner="team-$t",
    cluster=Decisions$t.customer,
)
def cost_share_$t(decisions: Table[Decisions$t, Test]) -> PerRow[u.RATIO]:
    """What late orders cost, of what was ordered."""
    frame = decisions.pandas
    return PerRow(frame[Decisions$t.cost], frame[Decisions$t.amount])


with scope("shop-$t"):
    orders = source(Orders$t, "data/orders-$t.parquet", owner="team-$t")
    customers = source(Customers$t, "data/customers-$t.csv", owner="team-$t")
    clean = round_amounts_$t(drop_tests_$t(fill_amounts_$t(orders), least=$t))
    joined = usual_$t(join_$t(clean, adults_$t(fill_ages_$t(customers))))
    parts = split(joined, by=Joined$t.customer, test=0.25, validation=0.25)
    model = fit_$t(features_$t(parts.train))
    limit = threshold_$t(score_$t(model, features_$t(parts.validation)))
    decisions = decide_$t(score_$t(model, features_$t(parts.test)), limit)
    right, cost, share = warned_right_$t(decisions), cost_$t(decisions), cost_share_$t(decisions)
    metrics += [right, cost, share]
    gates += [right.at_least(0.$n), cost.at_most($n.5), share.at_most(0.$n)]
''')


def write_teams(stages: int, folder: Path) -> None:
    """Write `pipeline.py` for as many teams as `stages` asks for."""
    teams = "".join(
        _TEAM.substitute(t=number, n=10 + number % 80) for number in range(1, -(-stages // STAGES_A_TEAM) + 1)
    )
    end = 'pipeline = Pipeline(\n    "company", seed=1, owner="board", metrics=metrics, gates=gates, experiments=[Seeds(5)]\n)\n'
    text = f"{_HEAD}\nmetrics: list[Metric[Any]] = []\ngates: list[Gate] = []\n\n{teams}\n{end}"
    (folder / "pipeline.py").write_text(text, encoding="utf-8")
