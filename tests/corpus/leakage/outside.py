"""Programs that refit to all rows, choose by the folds they report, use what was fitted elsewhere, or learn a rule as a label."""

from __future__ import annotations

from tests.corpus.leakage.choosing import CHOICE
from tests.corpus.leakage.language import Kind

_SPLIT = "halves = split(meals, by=Meals.household, test=0.25)\n"
_THIRDS = "parts = split(meals, by=Meals.household, test=0.25, validation=0.25)\n"
_JUDGED = "off = error(guess(fit(halves.train), halves.test))\n"
_OUT = "pipeline = Pipeline('food', seed=1, metrics=[off], outputs=[{}])\n"
_DEPLOY = """
@stage(role="deploy", codec="json")
def deployed(meals: Table[Meals]) -> Model[float]:
    frame = meals.pandas
    return Model.of(float(frame["food"].sum() / frame["income"].sum()))


@stage
def stack(*tables: Table[Meals]) -> Table[Meals]:
    return Table.of(Meals, pd.concat([each.pandas for each in tables]))
"""

DEPLOYED = Kind("deployed", _DEPLOY)
DEPLOYED.leaky(
    "refitted to all rows and given out",
    "SL611",
    _SPLIT + _JUDGED.replace("\n", " #2\n") + "final = fit.named('refit')(meals) #1\n" + _OUT.format("final"),
)
DEPLOYED.leaky(
    "refitted to both parts and given out",
    "SL611",
    _SPLIT
    + _JUDGED.replace("\n", " #2\n")
    + "final = fit.named('refit')(stack(halves.train, halves.test)) #1\n"
    + _OUT.format("final"),
)
DEPLOYED.leaky(
    "what is to be deployed is measured",
    "SL611",
    _SPLIT + "model = deployed(meals) #2\noff = error(guess(model, halves.test)) #1\n",
)
DEPLOYED.leaky(
    "what is to be deployed is measured on a part of another split",
    "SL611",
    _SPLIT
    + "again = split(meals, by=Meals.household, test=0.5, name='again')\n"
    + "model = deployed(halves.train) #2\noff = error(guess(model, again.test)) #1\n",
)
DEPLOYED.leaky(
    "the test rows are those it was refitted to",
    "SL611",
    _THIRDS
    + "off = error(guess(fit(parts.train), parts.test)) #2\n"
    + "final = fit.named('refit')(parts.test) #1\n"
    + _OUT.format("final"),
)
DEPLOYED.clean(
    "refitted to all rows, as it says", _SPLIT + _JUDGED + "final = deployed(meals)\n" + _OUT.format("final")
)
DEPLOYED.clean(
    "refitted to training and validation rows",
    _THIRDS
    + "off = error(guess(fit(parts.train), parts.test))\n"
    + "final = fit.named('refit')(stack(parts.train, parts.validation))\n"
    + _OUT.format("final"),
)
DEPLOYED.clean(
    "the model that was measured is given out",
    _SPLIT + "model = fit(halves.train)\noff = error(guess(model, halves.test))\n" + _OUT.format("model"),
)
DEPLOYED.clean(
    "what is to be deployed is measured on another source",
    "off = error(guess(deployed(meals), others))\n",
)
DEPLOYED.clean(
    "a number of all rows is given out",
    _SPLIT + _JUDGED + _OUT.format("size(meals)"),
    """

@stage
def size(meals: Table[Meals]) -> Value[float]:
    return Value.of(float(meals.pandas["income"].mean()))
""",
)

_FOLDS = "parts = folds(meals, by=Meals.household, n=3)\n"
_POOL = (
    CHOICE.stages
    + """
@stage
def pool(*told: Table[Guesses, S]) -> Table[Guesses, S]:
    return told[0].derive(Guesses, pd.concat([each.pandas for each in told]))


@stage
def miss(model: Model[float], meals: Table[Meals]) -> Value[float]:
    frame = meals.pandas
    return Value.of(float((frame["income"] * model.value - frame["food"]).abs().mean()))


@stage
def lowest(*misses: Value[float]) -> Value[int]:
    return Value.of(int(np.argmin([each.value for each in misses])))


@stage(codec="json")
def fit_as(which: Value[int], meals: Table[Meals]) -> Model[float]:
    frame = meals.pandas
    return Model.of(float((frame["food"] / frame["income"]).quantile(0.5 + 0.05 * which.value)))


def each_fold(parts, told):
    found = []
    for number, part in enumerate(parts):
        with scope(f"fold{number}"):
            found.append(told(part))
    return found


def misses(part):
    return [miss(fit(part.train), part.held_out), miss.named("high")(fit_high(part.train), part.held_out)]


def tuned(parts):
    found = each_fold(parts, misses)
    return lowest(*(each[0] for each in found), *(each[1] for each in found))


"""
)
FOLDS = Kind("folds", _POOL)
FOLDS.leaky(
    "the better of two by what a fold holds out",
    "SL612",
    _FOLDS
    + "one = parts[0]\nmodel = pick(fit(one.train), fit_high(one.train), one.held_out) #2\n"
    + "off = error(guess(model, one.held_out)) #1\n",
)
FOLDS.leaky(
    "the better of two by the fold that it is reported on, in each",
    "SL612",
    """
def chosen(part):
    model = pick(fit(part.train), fit_high(part.train), part.held_out) #2
    return guess(model, part.held_out)


"""
    + _FOLDS
    + "off = error(pool(*each_fold(parts, chosen))) #1\n",
)
FOLDS.leaky(
    "a setting by all folds, reported on one of them",
    "SL612",
    _FOLDS
    + "one = parts[0]\nseen = miss(fit(one.train), one.held_out) #2\nwhich = lowest(seen)\n"
    + "off = error(guess(fit_as(which, one.train), one.held_out)) #1\n",
)
FOLDS.leaky(
    "a threshold by what a fold holds out",
    "SL612",
    _FOLDS
    + "one = parts[0]\ntold = guess(fit(one.train), one.held_out)\nlevel = threshold(told) #2\noff = error(cut(level, told)) #1\n",
)
FOLDS.leaky(
    "one fold's model judged on another's held-out rows",
    "SL601",
    _FOLDS + "model = fit(parts[0].train) #2\noff = error(guess(model, parts[1].held_out)) #1\n",
)
FOLDS.leaky(
    "a level of all rows, pooled",
    "SL601",
    """
def told(part):
    return cut(size, guess(fit(part.train), part.held_out))


"""
    + _FOLDS
    + "size = miss(fit.named('before')(others), meals) #2\noff = error(pool(*each_fold(parts, told))) #1\n",
)
FOLDS.leaky(
    "mixed before the folds",
    "SL602",
    """
def told(part):
    return guess(fit(part.train), part.held_out)


parts = folds(relative(meals), by=Meals.household, n=3)
off = error(pool(*each_fold(parts, told))) #1
""",
    """
@stage
def relative(rows: Table[Meals, S]) -> Table[Meals, S]:
    return rows.derive(Meals, rows.pandas.assign(income=rows.pandas["income"] / rows.pandas["income"].mean())) #2
""",
)
FOLDS.leaky(
    "rows of one group in several folds",
    "SL608",
    "parts = folds(homes, by=Homes.household, n=2)\noff = error(guess(fit(parts[0].train), parts[0].held_out))\n",
)
FOLDS.clean(
    "each fold by a model of the others",
    _FOLDS + "one = parts[0]\noff = error(guess(fit(one.train), one.held_out))\n",
)
FOLDS.clean(
    "all folds pooled, each by a model of the others",
    """
def told(part):
    return guess(fit(part.train), part.held_out)


"""
    + _FOLDS
    + "off = error(pool(*each_fold(parts, told)))\n",
)
FOLDS.clean(
    "a level of other rows, pooled",
    """
def told(part):
    return cut(size, guess(fit(part.train), part.held_out))


"""
    + _FOLDS
    + "size = miss(fit.named('before')(others), others)\noff = error(pool(*each_fold(parts, told)))\n",
)
FOLDS.clean(
    "a setting by folds of the training rows, reported on test rows",
    _SPLIT
    + "inner = folds(halves.train, by=Meals.household, n=3, held_out=Validation)\n"
    + "off = error(guess(fit_as(tuned(inner), halves.train), halves.test))\n",
)
FOLDS.clean(
    "nested: a choice by inner folds within each outer one",
    """
def nested(outer):
    inner = folds(outer.train, by=Meals.household, n=2, held_out=Validation)
    return guess(fit_as(tuned(inner), outer.train), outer.held_out)


"""
    + _FOLDS
    + "off = error(pool(*each_fold(parts, nested)))\n",
)
FOLDS.clean(
    "a setting by folds of some rows, reported on folds of others",
    """
def told(part):
    return guess.named("reported")(fit_as.named("chosen")(which, part.train), part.held_out)


few = split(meals, by=Meals.household, test=0.5)
which = tuned(folds(few.train, by=Meals.household, n=2, held_out=Validation, name="inner"))
parts = folds(few.test, by=Meals.household, n=2, name="outer")
off = error(pool(*each_fold(parts, told)))
""",
)
FOLDS.clean(
    "rows of one group in one fold",
    "parts = folds(homes, by=Homes.street, n=2)\noff = error(guess(fit(parts[0].train), parts[0].held_out))\n",
)

_INSIDE_STAGE = """
@stage(role="aggregate")
def told(rows: Table[Meals, S]) -> Table[Guesses, S]:
    from sklearn.linear_model import Ridge
    from sklearn.model_selection import GridSearchCV, cross_val_predict

    frame = rows.pandas
    first, second = frame[:100], frame[100:]
    {}
    off = (scored - frame["food"]).abs()
    return rows.derive(Guesses, frame[["household"]].assign(off=off))
"""
_SEARCH = 'search = GridSearchCV(Ridge(), {"alpha": [0.1, 1.0]}).fit(frame[["income"]], frame["food"])'
_SCORED = "off = error(told(meals)) #1\n"
INSIDE = Kind("inside")
for _name, _lines in {
    "the best model, scored again in folds": (
        _SEARCH + " #3",
        'scored = cross_val_predict(search.best_estimator_, frame[["income"]], frame["food"]) #2',
    ),
    "the best settings, scored again in folds": (
        _SEARCH + " #3",
        'scored = cross_val_predict(Ridge(**search.best_params_), frame[["income"]], frame["food"]) #2',
    ),
    "fitted in a line of its own": (
        'search = GridSearchCV(Ridge(), {"alpha": [0.1, 1.0]})',
        'search.fit(frame[["income"]], frame["food"]) #3',
        'scored = cross_val_predict(search.best_estimator_, frame[["income"]], frame["food"]) #2',
    ),
    "the best model by another name": (
        _SEARCH + " #3",
        "best = search.best_estimator_",
        'scored = cross_val_predict(best, frame[["income"]], frame["food"]) #2',
    ),
}.items():
    INSIDE.leaky(_name, "SL612", _SCORED, _INSIDE_STAGE.replace("{}", "\n    ".join(_lines)))
for _name, _lines in {
    "the search itself, scored in folds": (
        'search = GridSearchCV(Ridge(), {"alpha": [0.1, 1.0]})',
        'scored = cross_val_predict(search, frame[["income"]], frame["food"])',
    ),
    "a search of other rows": (
        'search = GridSearchCV(Ridge(), {"alpha": [0.1, 1.0]}).fit(first[["income"]], first["food"])',
        'scored = cross_val_predict(search.best_estimator_, second[["income"]], second["food"])',
        "frame = second",
    ),
    "a search of rows of the same name before": (
        "frame = first",
        _SEARCH,
        "frame = second",
        'scored = cross_val_predict(search.best_estimator_, frame[["income"]], frame["food"])',
    ),
    "settings that are written down": (
        'scored = cross_val_predict(Ridge(alpha=0.1), frame[["income"]], frame["food"])',
    ),
    "the best settings are told and not used": (
        _SEARCH,
        "print(search.best_params_)",
        'scored = cross_val_predict(Ridge(), frame[["income"]], frame["food"])',
    ),
}.items():
    INSIDE.clean(_name, "off = error(told(meals))\n", _INSIDE_STAGE.replace("{}", "\n    ".join(_lines)))

_WEIGHTS = """
@stage(codec="json")
def load(weights: Files) -> Model[float]:
    return Model.of(float((weights.folder / "weights").read_text()))


@stage(role="apply")
def use(weights: Files, meals: Table[Meals, S]) -> Table[Guesses, S]:
    frame = meals.pandas
    share = float((weights.folder / "weights").read_text())
    return meals.derive(Guesses, frame[["household"]].assign(off=(frame["income"] * share - frame["food"]).abs()))


class Vectors(Contract):
    household: Column[int] = column(key=True)
    income: Column[float] = column(role="embedding")
    food: Column[float]


@stage
def unpacked(weights: Files) -> Files:
    return weights
"""
_FETCHED = """

class SentenceTransformer:  # stands for the library's
    def __init__(self, name):
        self.name = name

    def encode(self, texts):
        return np.array([[len(text)] for text in texts])


@stage
def encode(meals: Table[Meals, S]) -> Table[Meals, S]:
    model = SentenceTransformer("all-MiniLM-L6-v2") #2
    return meals.derive(Meals, meals.pandas.assign(income=model.encode(meals.pandas["street"])[:, 0]))
"""
EXTERNAL = Kind("external", _WEIGHTS)
EXTERNAL.leaky(
    "weights from outside are loaded",
    "SL613",
    _SPLIT
    + "weights = files('weights') #1\nmodel = load(weights) #2\noff = error(guess(model, halves.test))\n",
)
EXTERNAL.leaky(
    "weights from outside are unpacked and loaded",
    "SL613",
    _SPLIT
    + "weights = files('weights') #1\nmodel = load(unpacked(weights)) #2\noff = error(guess(model, halves.test))\n",
)
EXTERNAL.leaky(
    "weights from outside are used",
    "SL613",
    _SPLIT + "weights = files('weights') #1\ntold = use(weights, halves.test) #2\noff = error(told)\n",
)
EXTERNAL.leaky(
    "embeddings from a feature store",
    "SL613",
    "vectors = source(Vectors, 'meals.csv', name='vectors') #1\n"
    "halves = split(vectors, by=Vectors.household, test=0.25)\n" + _JUDGED,
)
EXTERNAL.leaky(
    "a body fetches a pretrained model",
    "SL613",
    "coded = split(encode(meals), by=Meals.household, test=0.25, name='coded') #1\n"
    "off = error(guess(fit(coded.train), coded.test))\n",
    _FETCHED,
)
EXTERNAL.leaky(
    "weights that say they were fitted to all rows",
    "SL601",
    _SPLIT
    + "weights = files('weights', learnt_from=[meals]) #2\noff = error(guess(load(weights), halves.test)) #1\n",
)
EXTERNAL.leaky(
    "embeddings that say they were fitted to the test rows",
    "SL601",
    _SPLIT
    + "vectors = source(Vectors, 'others.csv', name='vectors', learnt_from=[halves.test]) #2\n"
    + "off = error(guess(fit(vectors), halves.test)) #1\n",
)
EXTERNAL.clean(
    "weights that say what they were fitted to",
    _SPLIT
    + "weights = files('weights', learnt_from='meals of 2019, none of these')\n"
    + "off = error(guess(load(weights), halves.test))\n",
)
EXTERNAL.clean(
    "weights that say they were fitted to the training rows",
    _SPLIT
    + "weights = files('weights', learnt_from=[halves.train])\noff = error(guess(load(weights), halves.test))\n",
)
EXTERNAL.clean(
    "embeddings that say what they were fitted to",
    "vectors = source(Vectors, 'meals.csv', name='vectors', learnt_from='a corpus of 2019')\n"
    "halves = split(vectors, by=Vectors.household, test=0.25)\n" + _JUDGED,
)
EXTERNAL.clean(
    "a model that is learnt from files",
    _SPLIT + "off = error(guess(learn(files('weights')), halves.test))\n",
    """

@stage(codec="json")
def learn(folder: Files) -> Model[float]:
    return Model.of(float(np.mean([float(path.read_text()) for path in folder.paths if path.name == 'weights'])))
""",
)
EXTERNAL.clean(
    "a body fetches a pretrained model and says so",
    "coded = split(encode(meals), by=Meals.household, test=0.25, name='coded')\n"
    "off = error(guess(fit(coded.train), coded.test))\n",
    _FETCHED.replace("@stage\n", "@stage(learnt_from='pairs from the web, before 2022')\n").replace(
        " #2", ""
    ),
)
EXTERNAL.clean(
    "pictures beside a table",
    _SPLIT + "off = error(look(files('weights'), guess(fit(halves.train), halves.test)))\n",
    """

@stage
def look(pictures: Files, told: Table[Guesses, S]) -> Table[Guesses, S]:
    return told
""",
)

_RULE = """
class Bills(Contract):
    household: Column[int] = column(key=True)
    street: Column[str]
    income: Column[float] = column(ge=0)
    food: Column[float]
    audit: Column[float]


class Marked(Contract):
    household: Column[int] = column(key=True)
    income: Column[float] = column({income})
    food: Column[float] = column({food})
    poor: Column[bool] = column(role="label")


@stage
def mark(bills: Table[Bills, S]) -> Table[Marked, S]:
    {body}


@stage(codec="json")
def learn(marked: Table[Marked, Train]) -> Model[float]:
    {learn}
"""
_MARK = (
    'bills = source(Bills, "meals.csv", name="bills")\n'
    "parts = split(mark(bills), by=Marked.household, test=0.25)\nmodel = learn(parts.train) #1\n"
    'pipeline = Pipeline("food", seed=1, outputs=[model])\n'
)
_PLAIN = 'return Model.of(float(marked.pandas["poor"].mean()))'
_IN, _NOT = 'role="feature"', ""


def _marks(body: str, income: str = _IN, food: str = _IN, learn: str = _PLAIN) -> str:
    return _RULE.format(income=income, food=food, body=body, learn=learn)


PROXY = Kind("proxy")
for _name, _body in {
    "a threshold on a feature": 'return bills.derive(Marked, bills.pandas.assign(poor=bills.pandas["income"] < 30)) #2',
    "a ratio of two features": (
        "frame = bills.pandas\n    frame['poor'] = frame[Bills.food] / frame[Bills.income] > 0.3 #2\n"
        "    return bills.derive(Marked, frame)"
    ),
    "a rule through variables": (
        "frame = bills.pandas\n    share = frame['food'] / frame['income']\n    poor = np.where(share > 0.3, True, False)\n"
        "    return bills.derive(Marked, frame.assign(poor=poor)) #2"
    ),
    "a rule in a function": "return bills.derive(Marked, bills.pandas.assign(poor=bills.pandas.apply(is_poor, axis=1))) #2",
    "a rule as a text": "return bills.derive(Marked, bills.pandas.eval('poor = income < 30')) #2",
    "a rule in a loop": (
        "found = []\n    for row in bills.pandas.itertuples():\n        found.append(row.income < 30)\n"
        "    return bills.derive(Marked, bills.pandas.assign(poor=found)) #2"
    ),
}.items():
    PROXY.leaky(
        _name, "SL614", _MARK, "\ndef is_poor(row):\n    return row['income'] < 30\n\n" + _marks(_body)
    )
PROXY.leaky(
    "a threshold on what the body learns from",
    "SL614",
    _MARK,
    _marks(
        'return bills.derive(Marked, bills.pandas.assign(poor=bills.pandas["income"] < 30)) #2',
        _NOT,
        _NOT,
        'return Model.of(float(marked.pandas["income"].corr(marked.pandas["poor"])))',
    ),
)
PROXY.clean(
    "a threshold on a column that is no feature",
    _MARK.replace(" #1", ""),
    _marks('return bills.derive(Marked, bills.pandas.assign(poor=bills.pandas["audit"] > 0.5))'),
)
PROXY.clean(
    "a threshold on a column that is left out of the features",
    _MARK.replace(" #1", ""),
    _marks('return bills.derive(Marked, bills.pandas.assign(poor=bills.pandas["income"] < 30))', _NOT, _IN),
)
PROXY.clean(
    "a feature against an outcome",
    _MARK.replace(" #1", ""),
    _marks(
        'return bills.derive(Marked, bills.pandas.assign(poor=bills.pandas["audit"] > bills.pandas["food"]))'
    ),
)
PROXY.clean(
    "a threshold on what the body doesn't learn from",
    _MARK.replace(" #1", ""),
    _marks(
        'return bills.derive(Marked, bills.pandas.assign(poor=bills.pandas["income"] < 30))',
        _NOT,
        _NOT,
        'return Model.of(float(marked.pandas["food"].corr(marked.pandas["poor"])))',
    ),
)
PROXY.clean(
    "a label that people gave",
    _MARK.replace(" #1", "").replace("mark(bills)", "mark(bills, files('weights'))"),
    _marks(
        "said = json.loads((answers.folder / 'weights').read_text())\n"
        "    return bills.derive(Marked, bills.pandas.assign(poor=bills.pandas['income'].map(said)))"
    ).replace("def mark(bills: Table[Bills, S])", "def mark(bills: Table[Bills, S], answers: Files)"),
)

_WEEK = """
class Bills(Contract):
    household: Column[int] = column(key=True)
    day: Column[dt.datetime] = column(time=True)
    income: Column[float] = column(ge=0)
    food: Column[float] = column(role="label", known_after=dt.timedelta(days=7)) #2
"""
_TIMED = (
    'bills = source(Bills, "meals.csv", name="bills")\n'
    "parts = split_by_time(bills, by=Bills.day, test_from=dt.date(2026, 4, 1){}) #1\n"
    "off = error(guess(fit(parts.train), parts.test))\n"
)
EMBARGO = Kind("embargo")
EMBARGO.leaky("no embargo", "SL618", _TIMED.format(""), _WEEK)
EMBARGO.leaky("an embargo of a day", "SL618", _TIMED.format(", embargo=dt.timedelta(days=1)"), _WEEK)
EMBARGO.leaky(
    "no embargo between three parts", "SL618", _TIMED.format(", validation_from=dt.date(2026, 3, 1)"), _WEEK
)
EMBARGO.leaky(
    "a second too short",
    "SL618",
    _TIMED.format(", embargo=dt.timedelta(days=7) - dt.timedelta(seconds=1)"),
    _WEEK,
)
EMBARGO.clean("as long as the label takes", _TIMED.format(", embargo=dt.timedelta(days=7)"), _WEEK)
EMBARGO.clean("longer than the label takes", _TIMED.format(", embargo=dt.timedelta(days=30)"), _WEEK)
EMBARGO.clean("known at once", _TIMED.format(""), _WEEK.replace(", known_after=dt.timedelta(days=7)", ""))
EMBARGO.clean(
    "between three parts",
    _TIMED.format(", validation_from=dt.date(2026, 3, 1), embargo=dt.timedelta(days=7)"),
    _WEEK,
)

KINDS = (DEPLOYED, FOLDS, INSIDE, EXTERNAL, PROXY, EMBARGO)
