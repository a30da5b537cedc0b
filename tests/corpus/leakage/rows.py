"""Programs that learn from the rows they are judged by: overlap, refitting on all, files and joins that carry rows."""

from __future__ import annotations

from tests.corpus.leakage.language import Kind

_SPLIT = "halves = split(meals, by=Meals.household, test=0.25)\n"
_THIRDS = "parts = split(meals, by=Meals.household, test=0.25, validation=0.25)\n"

OVERLAP = Kind("overlap")
OVERLAP.leaky(
    "fitted to all rows",
    "SL601",
    _SPLIT + "model = fit(meals) #2\noff = error(guess(model, halves.test)) #1\n",
)
OVERLAP.leaky(
    "fitted to the test rows",
    "SL601",
    _SPLIT + "model = fit(halves.test) #2\noff = error(guess(model, halves.test)) #1\n",
)
OVERLAP.leaky(
    "fitted to a part of another split",
    "SL601",
    _SPLIT
    + "again = split(meals, by=Meals.household, test=0.1, name='again')\n"
    + "model = fit(again.train) #2\noff = error(guess(model, halves.test)) #1\n",
)
OVERLAP.leaky("never divided", "SL601", "model = fit(meals) #2\noff = error(guess(model, meals)) #1\n")
OVERLAP.leaky(
    "fitted to a part of the test rows",
    "SL601",
    _SPLIT
    + "again = split(halves.test, by=Meals.household, test=0.1, name='again')\n"
    + "model = fit(again.train) #2\noff = error(guess(model, halves.test)) #1\n",
)
OVERLAP.leaky(
    "a scale that was learnt from all rows",
    "SL601",
    _SPLIT
    + "size = typical(meals) #2\n"
    + "model = fit(scale(size, halves.train))\noff = error(guess(model, scale(size, halves.test))) #1\n",
    """
@stage
def typical(meals: Table[Meals]) -> Value[float]:
    return Value.of(float(meals.pandas["income"].mean()))


@stage
def scale(size: Value[float], meals: Table[Meals, S]) -> Table[Meals, S]:
    return meals.derive(Meals, meals.pandas.assign(income=meals.pandas["income"] / size.value))
""",
)
OVERLAP.clean("fitted to the training rows", _SPLIT + "off = error(guess(fit(halves.train), halves.test))\n")
OVERLAP.clean("judged by another source", "off = error(guess(fit(meals), others))\n")
OVERLAP.clean(
    "fitted to a part of another split that is kept apart",
    _SPLIT
    + "again = split(meals, by=Meals.household, test=0.5, name='again')\noff = error(guess(fit(again.train), halves.test))\n",
)
OVERLAP.clean(
    "divided again within the training rows",
    _SPLIT
    + "again = split(halves.train, by=Meals.household, test=0.5, name='again')\noff = error(guess(fit(again.train), again.test))\n",
)
OVERLAP.clean(
    "fitted to the validation rows", _THIRDS + "off = error(guess(fit(parts.validation), parts.test))\n"
)
OVERLAP.clean(
    "a scale that was learnt from the training rows",
    _SPLIT
    + "size = typical(halves.train)\noff = error(guess(fit(scale(size, halves.train)), scale(size, halves.test)))\n",
    OVERLAP.programs[5].stages,
)

REFIT = Kind(
    "refit",
    """
@stage
def stack(*parts: Table[Meals]) -> Table[Meals]:
    return Table.of(Meals, pd.concat([each.pandas for each in parts]))
""",
)
REFIT.leaky(
    "the final model, fitted to all rows, is scored",
    "SL601",
    _SPLIT
    + "first = error(guess(fit(halves.train), halves.test))\n"
    + "final = fit.named('refit')(meals) #2\n"
    + "off = score(guess.named('again')(final, halves.test)) #1\n"
    + "pipeline = Pipeline('food', seed=1, metrics=[first, off])\n",
    """

@metric(unit=u.USD, better="lower", range=(0, None), aggregate=mean(), undefined="error", version="1")
def score(guesses: Table[Guesses]) -> PerRow[u.USD]:
    return PerRow(guesses.pandas["off"])
""",
)
REFIT.leaky(
    "refitted to the parts put together again",
    "SL601",
    _SPLIT + "final = fit(stack(halves.train, halves.test)) #2\noff = error(guess(final, halves.test)) #1\n",
)
REFIT.leaky(
    "refitted to validation and test rows",
    "SL601",
    _THIRDS
    + "final = fit(stack(parts.validation, parts.test)) #2\noff = error(guess(final, parts.test)) #1\n",
)
REFIT.leaky(
    "refitted to rows that one more table brings in",
    "SL601",
    _SPLIT
    + "final = fit(stack(others, halves.train, halves.test)) #2\noff = error(guess(final, halves.test)) #1\n",
)
REFIT.clean(
    "the final model is an output only",
    _SPLIT
    + "off = error(guess(fit(halves.train), halves.test))\nfinal = fit.named('refit').options(role='deploy')(meals)\n"
    + "pipeline = Pipeline('food', seed=1, metrics=[off], outputs=[final])\n",
)
REFIT.clean(
    "refitted to training and validation rows",
    _THIRDS + "off = error(guess(fit(stack(parts.train, parts.validation)), parts.test))\n",
)
REFIT.clean(
    "refitted to all rows, scored on another source",
    _SPLIT + "off = error(guess(fit(stack(halves.train, halves.test)), others))\n",
)
REFIT.clean(
    "one more table is put below the training rows",
    _SPLIT + "off = error(guess(fit(stack(halves.train, others)), halves.test))\n",
)

ARTEFACT = Kind(
    "artefact",
    """
@stage
def train(meals: Table[Meals]) -> Files:
    folder = Path(tempfile.mkdtemp())
    frame = meals.pandas
    (folder / "weights").write_text(str(float(frame["food"].sum() / frame["income"].sum())))
    return Files.of(folder)


@stage(codec="json")
def load(weights: Files) -> Model[float]:
    return Model.of(float((weights.folder / "weights").read_text()))
""".replace("@stage\ndef train", "import tempfile\nfrom pathlib import Path\n\n\n@stage\ndef train", 1),
)
ARTEFACT.leaky(
    "weights in files, fitted to all rows",
    "SL601",
    _SPLIT + "model = load(train(meals)) #2\noff = error(guess(model, halves.test)) #1\n",
)
ARTEFACT.leaky(
    "weights in files, fitted to the test rows",
    "SL601",
    _SPLIT + "model = load(train(halves.test)) #2\noff = error(guess(model, halves.test)) #1\n",
)
_USE = """

@stage
def use(weights: Files, meals: Table[Meals, S]) -> Table[Guesses, S]:
    frame = meals.pandas
    share = float((weights.folder / "weights").read_text())
    return meals.derive(Guesses, frame[["household"]].assign(off=(frame["income"] * share - frame["food"]).abs()))
"""
ARTEFACT.leaky(
    "files that are used without loading them",
    "SL601",
    _SPLIT + "told = use(train(meals), halves.test) #2\noff = error(told) #1\n",
    _USE,
)
ARTEFACT.leaky(
    "files of the rows of another split",
    "SL601",
    _SPLIT
    + "again = split(meals, by=Meals.household, test=0.1, name='again')\n"
    + "told = use(train(again.train), halves.test) #2\noff = error(told) #1\n",
    _USE,
)
ARTEFACT.clean(
    "weights in files, fitted to the training rows",
    _SPLIT + "off = error(guess(load(train(halves.train)), halves.test))\n",
)
ARTEFACT.clean(
    "files that are used, of the training rows",
    _SPLIT + "off = error(use(train(halves.train), halves.test))\n",
    _USE,
)
ARTEFACT.clean("files from elsewhere", _SPLIT + "off = error(use(files('weights'), halves.test))\n", _USE)
ARTEFACT.clean(
    "weights in files, fitted to another source",
    _SPLIT + "off = error(guess(load(train(others)), halves.test))\n",
)

JOINS = Kind(
    "joins",
    """
class Notes(Contract):
    street: Column[str]
    food: Column[float]


@stage
def note(meals: Table[Meals, S]) -> Table[Notes, S]:
    return meals.derive(Notes, meals.pandas[["street", "food"]])


@stage
def nearest(notes: Table[Notes], meals: Table[Meals, S]) -> Table[Guesses, S]:
    frame = meals.pandas
    known = dict(zip(notes.pandas["street"], notes.pandas["food"]))
    return meals.derive(Guesses, frame[["household"]].assign(off=frame["street"].map(known).fillna(0.0)))


@stage
def by_neighbours(known: Table[Meals], meals: Table[Meals, S]) -> Table[Guesses, S]:
    from sklearn.neighbors import KNeighborsRegressor

    told = KNeighborsRegressor(1).fit(known.pandas[["income"]], known.pandas["food"])
    frame = meals.pandas
    off = np.abs(told.predict(frame[["income"]]) - frame["food"])
    return meals.derive(Guesses, frame[["household"]].assign(off=off))
""",
)
JOINS.leaky(
    "neighbours among all rows",
    "SL601",
    _SPLIT + "told = nearest(note(meals), halves.test) #2\noff = error(told) #1\n",
)
JOINS.leaky(
    "a model fitted and used in one stage",
    "SL601",
    _SPLIT + "told = by_neighbours(meals, halves.test) #2\noff = error(told) #1\n",
)
JOINS.leaky(
    "neighbours among the rows of another split",
    "SL601",
    _SPLIT
    + "again = split(meals, by=Meals.household, test=0.1, name='again')\n"
    + "told = nearest(note(again.train), halves.test) #2\noff = error(told) #1\n",
)
JOINS.leaky(
    "declared to join rows of other keys",
    "SL601",
    _SPLIT + "told = beside(meals, halves.test) #2\noff = error(told) #1\n",
    """

@stage(role="join")
def beside(known: Table[Meals], meals: Table[Meals, S]) -> Table[Guesses, S]:
    frame = meals.pandas.assign(off=known.pandas["food"].iloc[0])
    return meals.derive(Guesses, frame[["household", "off"]])
""",
)
JOINS.clean(
    "neighbours among the training rows", _SPLIT + "off = error(nearest(note(halves.train), halves.test))\n"
)
JOINS.clean(
    "a model fitted to training rows and used in one stage",
    _SPLIT + "off = error(by_neighbours(halves.train, halves.test))\n",
)
JOINS.clean("notes from another source", _SPLIT + "off = error(nearest(note(others), halves.test))\n")
_LOOKUP = """

@stage
def looked_up(known: Table[Meals], meals: Table[Meals, S]) -> Table[Guesses, S]:
    frame = meals.pandas[["household"]].merge(known.pandas[["household", "food"]], on="household")
    return meals.derive(Guesses, frame.rename(columns={"food": "off"}))
"""
JOINS.clean("rows are matched by their key", _SPLIT + "off = error(looked_up(meals, halves.test))\n", _LOOKUP)
JOINS.clean(
    "declared to match rows by their key",
    _SPLIT + "off = error(by_key(note(meals), halves.test))\n",
    """

@stage(role="map")
def by_key(notes: Table[Notes], meals: Table[Meals, S]) -> Table[Guesses, S]:
    return meals.derive(Guesses, meals.pandas[["household"]].assign(off=1.0))
""",
)

KINDS = (OVERLAP, REFIT, ARTEFACT, JOINS)
