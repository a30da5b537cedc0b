"""Programs whose models are given what they won't have, and splits that part what belongs together."""

from __future__ import annotations

from tests.corpus.leakage.language import Kind

_BILLS = """
class Bills(Contract):
    household: Column[int] = column(key=True)
    street: Column[str]
    day: Column[dt.datetime] = column(time=True)
    income: Column[float] = column(ge=0)
    audit: Column[float] = column(known_after=dt.timedelta(days=30))
    food: Column[float] = column(role="label"{known})


class Seen(Contract):
    household: Column[int] = column(key=True)
    {first}
    {second}


@stage
def prepare(bills: Table[Bills, S]) -> Table[Seen, S]:
    {body}


@stage(codec="json")
def learn(seen: Table[Seen, Train]) -> Model[float]:
    return Model.of(float(len(seen.pandas)))
"""
_BILL_SOURCE = 'bills = source(Bills, "meals.csv", name="bills")\n'
_LEARN = (
    _BILL_SOURCE
    + "parts = split(bills, by=Bills.household, test=0.25)\nmodel = learn({}) #1\n"
    + 'pipeline = Pipeline("food", seed=1, outputs=[model])\n'
)
_LABEL = 'food: Column[float] = column(role="label")'
_PLAIN = "return bills.derive(Seen, bills.pandas)"


def _bills(first: str, second: str = _LABEL, body: str = _PLAIN, known: str = "") -> str:
    text = _BILLS.format(first=first, second=second, body=body, known=known)
    return text.replace("prepare(bills: Table[Bills, S])", "prepare(bills: Table[Bills, S])")


def _marked(text: str, line: str, mark: int) -> str:
    assert text.count(line) == 1, line
    return text.replace(line, f"{line} #{mark}")


_LABELLED = 'food: Column[float] = column(role="label")\n\n\nclass Seen'
_FEATURE = 'income: Column[float] = column(role="feature")'
_FOOD = 'food: Column[float] = column(role="feature")'
_AUDIT = 'audit: Column[float] = column(role="feature")'

_MEAN = (
    'frame = bills.pandas.assign(income=bills.pandas.groupby("street")["food"].transform("mean"))\n'
    "    return bills.derive(Seen, frame)"
)

TARGET = Kind("target")
_NAMED = (
    _bills(_FEATURE, _FOOD)
    .replace(_LABELLED, _LABELLED.replace(")\n", ") #3\n", 1))
    .replace(f"    {_FOOD}\n", f"    {_FOOD} #2\n")
)
TARGET.leaky("the label is called a feature", "SL605", _LEARN.format("prepare(parts.train)"), _NAMED)
TARGET.leaky(
    "the label is called a feature after a view",
    "SL605",
    _LEARN.format("parts.train.as_contract(Seen)"),
    _NAMED,
)
TARGET.leaky(
    "the label is called a feature before the split",
    "SL605",
    _BILL_SOURCE
    + "parts = split(prepare(bills), by=Seen.household, test=0.25)\nmodel = learn(parts.train) #1\n"
    + 'pipeline = Pipeline("food", seed=1, outputs=[model])\n',
    _NAMED,
)
_ENCODED = _LEARN.replace("model = learn({}) #1", "seen = prepare(parts.train) #1\nmodel = learn(seen)")
for _name, _body in {
    "the mean label of each street": 'frame = bills.pandas.assign(income=bills.pandas.groupby("street")["food"].transform("mean")) #2',
    "the mean label of all rows": 'frame = bills.pandas.assign(income=bills.pandas["food"].mean()) #2',
    "the mean label of each street, by its reference": (
        "frame = bills.pandas\n    frame['income'] = frame.groupby(Bills.street)[Bills.food].transform('mean') #2"
    ),
}.items():
    TARGET.leaky(
        _name,
        "SL605",
        _ENCODED,
        _bills(_FEATURE, body=_body + "\n    return bills.derive(Seen, frame)").replace(
            _LABELLED, _LABELLED.replace(")\n", ") #3\n", 1)
        ),
    )
TARGET.clean("the label stays the label", _LEARN.format("prepare(parts.train)"), _bills(_FEATURE))
TARGET.clean("a feature beside the label", _LEARN.format("parts.train.as_contract(Seen)"), _bills(_FEATURE))
TARGET.clean(
    "the mean of another column of each street",
    _ENCODED,
    _bills(
        _FEATURE,
        body=_MEAN.replace("food", "income"),
    ),
)
TARGET.clean(
    "the label of each row by itself",
    _ENCODED,
    _bills(
        _FEATURE,
        body='frame = bills.pandas.assign(food=bills.pandas["food"] * 2)\n    return bills.derive(Seen, frame)',
    ),
)
TARGET.clean(
    "cross-fitted, and declared so",
    _ENCODED,
    _bills(
        _FEATURE,
        body=_MEAN,
    ).replace("@stage\ndef prepare", '@stage(role="map")\ndef prepare'),
)

AVAILABLE = Kind("availability")
_LATE = _marked(
    _bills(_AUDIT), "audit: Column[float] = column(known_after=dt.timedelta(days=30))", 3
).replace(f"    {_AUDIT}\n", f"    {_AUDIT} #2\n")
AVAILABLE.leaky("a late column is called a feature", "SL606", _LEARN.format("prepare(parts.train)"), _LATE)
AVAILABLE.leaky(
    "a late column is called a feature after a view",
    "SL606",
    _LEARN.format("parts.train.as_contract(Seen)"),
    _LATE,
)
AVAILABLE.leaky(
    "the feature says itself that it is late",
    "SL606",
    _LEARN.format("prepare(parts.train)"),
    _bills('audit: Column[float] = column(role="feature", known_after=dt.timedelta(hours=1)) #2'),
)
AVAILABLE.leaky(
    "a late column through a stage without contracts",
    "SL606",
    _LEARN.format("view(parts.train).as_contract(Seen)"),
    _LATE
    + """

@stage
def view(bills: Table[Contract, S]) -> Table[Contract, S]:
    return bills
""",
)
AVAILABLE.clean(
    "a late column is no feature", _LEARN.format("prepare(parts.train)"), _bills("audit: Column[float]")
)
AVAILABLE.clean("a late column is left out", _LEARN.format("prepare(parts.train)"), _bills(_FEATURE))
AVAILABLE.clean(
    "known at once after all",
    _LEARN.format("prepare(parts.train)"),
    _bills('audit: Column[float] = column(role="feature", known_after=dt.timedelta(0))'),
)
AVAILABLE.clean(
    "an earlier value takes the late one's place",
    _LEARN.format("prepare(parts.train)"),
    _bills(
        'audited: Column[float] = column(role="feature")',
        body="return bills.derive(Seen, bills.pandas.assign(audited=0.0))",
    ),
)

TEMPORAL = Kind("temporal")
_DAYS = ", known_after=dt.timedelta(days=7)"
_WEEK = _bills(_FEATURE, known=_DAYS).replace("timedelta(days=7))", "timedelta(days=7)) #2")
_HASHED = (
    _LEARN.format("prepare(parts.train)")
    .replace("test=0.25)\n", "test=0.25) #1\n")
    .replace("train)) #1", "train))")
)
TEMPORAL.leaky("divided by key", "SL607", _HASHED, _WEEK)
TEMPORAL.leaky(
    "divided in three by key", "SL607", _HASHED.replace("test=0.25)", "test=0.25, validation=0.1)"), _WEEK
)
TEMPORAL.leaky("known an hour later", "SL607", _HASHED, _WEEK.replace("days=7", "hours=1"))
TEMPORAL.leaky(
    "divided by key after a stage",
    "SL607",
    _HASHED.replace("split(bills", "split(keep(bills)"),
    _WEEK + "\n\n@stage\ndef keep(bills: Table[Bills, S]) -> Table[Bills, S]:\n    return bills\n",
)
_TIMED = _HASHED.replace(
    "split(bills, by=Bills.household, test=0.25) #1",
    "split_by_time(bills, by=Bills.day, test_from=dt.date(2026, 3, 1), embargo=dt.timedelta(days=7))",
)
_CLEAN_WEEK = _WEEK.replace(" #2", "")
_UNTIMED = _HASHED.replace(" #1", "")
TEMPORAL.clean("divided by time", _TIMED, _CLEAN_WEEK)
TEMPORAL.clean("divided by key, known at once", _UNTIMED, _bills(_FEATURE))
TEMPORAL.clean("divided by key, said to be known at once", _UNTIMED, _CLEAN_WEEK.replace("days=7", "0"))
TEMPORAL.clean(
    "divided by key, without a time", _UNTIMED, _CLEAN_WEEK.replace("column(time=True)", "column()")
)

_GROUPED = "halves = split({}, by={}, test=0.25{})\noff = error(guess(fit(halves.train), halves.test))\n"
_STREET = "street: Column[str] = column(group=True)"
GROUP = Kind("group")
GROUP.leaky(
    "divided by key", "SL608", _GROUPED.format("homes", "Homes.household", "").replace("\n", " #1\n", 1)
)
GROUP.leaky(
    "divided in three by key",
    "SL608",
    _GROUPED.format("homes", "Homes.household", ", validation=0.1").replace("\n", " #1\n", 1),
)
_KEEP = "\n@stage\ndef keep(homes: Table[Homes, S]) -> Table[Homes, S]:\n    return homes\n"
GROUP.leaky(
    "divided by key after a stage",
    "SL608",
    _GROUPED.format("keep(homes)", "Homes.household", "").replace("\n", " #1\n", 1),
    _KEEP,
)
GROUP.leaky(
    "divided by key after a view",
    "SL608",
    _GROUPED.format("named.as_contract(Homes)", "Homes.household", "")
    .replace("\n", " #1\n", 1)
    .join(['named = source(Homes, "meals.csv", name="named")\n', ""]),
)
GROUP.clean("divided by group", _GROUPED.format("homes", "Homes.street", ""))
GROUP.clean("divided in three by group", _GROUPED.format("homes", "Homes.street", ", validation=0.1"))
GROUP.clean("divided by group after a stage", _GROUPED.format("keep(homes)", "Homes.street", ""), _KEEP)
GROUP.clean("no group is declared", _GROUPED.format("meals", "Meals.household", ""))

_ASK = """
@stage(codec="json")
def learn(meals: Table[Meals, Train]) -> Model[float]:
    return Model.of(float(meals.pandas["food"].sum() / meals.pandas["income"].sum()))


@metric(unit=u.USD, better="lower", range=(0, None), aggregate=mean(), undefined="error", version="1")
def judged(guesses: Table[Guesses, Test]) -> PerRow[u.USD]:
    return PerRow(guesses.pandas["off"])
"""
_SPLIT = "halves = split(meals, by=Meals.household, test=0.25)\n"
_ASK_THIRDS = "halves = split(meals, by=Meals.household, test=0.25, validation=0.25)\n"
POPULATION = Kind("population", _ASK)
POPULATION.leaky(
    "test rows to learn from",
    "SL610",
    _SPLIT.replace("\n", " #2\n") + "off = judged(guess(learn(halves.test), halves.test)) #1\n",
)
POPULATION.leaky(
    "undivided rows to learn from",
    "SL610",
    'rows = source(Meals, "meals.csv", name="rows") #2\n'
    + _SPLIT.replace("meals,", "rows,")
    + "off = judged(guess(learn(rows), halves.test)) #1\n",
)
POPULATION.leaky(
    "validation rows to learn from",
    "SL610",
    _ASK_THIRDS.replace("\n", " #2\n") + "off = judged(guess(learn(halves.validation), halves.test)) #1\n",
)
POPULATION.leaky(
    "validation rows to judge by",
    "SL610",
    _ASK_THIRDS + "told = guess(learn(halves.train), halves.validation) #2\noff = judged(told) #1\n",
)
POPULATION.clean(
    "training rows to learn from", _SPLIT + "off = judged(guess(learn(halves.train), halves.test))\n"
)
POPULATION.clean(
    "training rows of three parts", _ASK_THIRDS + "off = judged(guess(learn(halves.train), halves.test))\n"
)
POPULATION.clean(
    "training rows of training rows",
    _SPLIT
    + "again = split(halves.train, by=Meals.household, test=0.5, name='again')\noff = judged(guess(learn(again.train), halves.test))\n",
)
POPULATION.clean(
    "undivided rows, which nothing asks to be others",
    _SPLIT
    + "off = judged(guess(learn(halves.train), halves.test))\npipeline = Pipeline('food', seed=1, metrics=[off], outputs=[meals])\n",
)

KINDS = (TARGET, AVAILABLE, TEMPORAL, GROUP, POPULATION)
