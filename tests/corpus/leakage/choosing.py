"""Programs that choose by the rows they are judged by, or keep none to judge by."""

from __future__ import annotations

from tests.corpus.leakage.language import Kind

_SPLIT = "halves = split(meals, by=Meals.household, test=0.25)\n"
_THIRDS = "parts = split(meals, by=Meals.household, test=0.25, validation=0.25)\n"
_PICK = """
@stage(codec="json")
def fit_high(meals: Table[Meals]) -> Model[float]:
    frame = meals.pandas
    return Model.of(float((frame["food"] / frame["income"]).quantile(0.9)))


@stage(codec="json")
def pick(first: Model[float], second: Model[float], meals: Table[Meals]) -> Model[float]:
    frame = meals.pandas
    misses = [(frame["income"] * each.value - frame["food"]).abs().sum() for each in (first, second)]
    return first if misses[0] < misses[1] else second


@stage(codec="json")
def best(meals: Table[Meals], *models: Model[float]) -> Model[float]:
    frame = meals.pandas
    return min(models, key=lambda each: float((frame["income"] * each.value - frame["food"]).abs().sum()))


@stage(role="select")
def threshold(told: Table[Guesses]) -> Value[float]:
    return Value.of(float(told.pandas["off"].median()))


@stage(role="apply")
def cut(level: Value[float], told: Table[Guesses, S]) -> Table[Guesses, S]:
    return told.derive(Guesses, told.pandas.assign(off=told.pandas["off"].clip(upper=level.value)))


"""

CHOICE = Kind("choice", _PICK)
CHOICE.leaky(
    "the better of two by the test rows",
    "SL603",
    _SPLIT
    + "model = pick(fit(halves.train), fit_high(halves.train), halves.test) #2\noff = error(guess(model, halves.test)) #1\n",
)
CHOICE.leaky(
    "the best of several by the test rows",
    "SL603",
    _SPLIT
    + "model = best(halves.test, fit(halves.train), fit_high(halves.train)) #2\noff = error(guess(model, halves.test)) #1\n",
)
CHOICE.leaky(
    "the better of two by all rows",
    "SL603",
    _SPLIT
    + "model = pick(fit(halves.train), fit_high(halves.train), meals) #2\noff = error(guess(model, halves.test)) #1\n",
)
CHOICE.leaky(
    "a threshold by the test rows",
    "SL603",
    _SPLIT
    + "told = guess(fit(halves.train), halves.test)\nlevel = threshold(told) #2\noff = error(cut(level, told)) #1\n",
)
CHOICE.leaky(
    "the better of two by a part of the test rows",
    "SL603",
    _SPLIT
    + "again = split(halves.test, by=Meals.household, test=0.1, name='again')\n"
    + "model = pick(fit(halves.train), fit_high(halves.train), again.train) #2\noff = error(guess(model, halves.test)) #1\n",
)
CHOICE.clean(
    "the better of two by the validation rows",
    _THIRDS
    + "off = error(guess(pick(fit(parts.train), fit_high(parts.train), parts.validation), parts.test))\n",
)
CHOICE.clean(
    "the best of several by the training rows",
    _SPLIT
    + "off = error(guess(best(halves.train, fit(halves.train), fit_high(halves.train)), halves.test))\n",
)
CHOICE.clean(
    "the better of two by another source",
    _SPLIT + "off = error(guess(pick(fit(halves.train), fit_high(halves.train), others), halves.test))\n",
)
CHOICE.clean(
    "a threshold by the validation rows",
    _THIRDS
    + "model = fit(parts.train)\nlevel = threshold(guess(model, parts.validation))\noff = error(cut(level, guess(model, parts.test)))\n",
)

NESTED = Kind("nested", _PICK)
NESTED.leaky(
    "chosen and reported by the validation rows",
    "SL603",
    _THIRDS
    + "model = pick(fit(parts.train), fit_high(parts.train), parts.validation) #2\noff = error(guess(model, parts.validation)) #1\n"
    + "done = final(guess.named('last')(model, parts.test))\npipeline = Pipeline('food', seed=1, metrics=[off, done])\n",
    """@metric(unit=u.USD, better="lower", range=(0, None), aggregate=mean(), undefined="error", version="1")
def final(guesses: Table[Guesses, Test]) -> PerRow[u.USD]:
    return PerRow(guesses.pandas["off"])
""",
)
NESTED.leaky(
    "chosen and reported by the inner test rows",
    "SL603",
    _SPLIT
    + "inner = split(halves.train, by=Meals.household, test=0.5, name='inner')\n"
    + "model = pick(fit(inner.train), fit_high(inner.train), inner.test) #2\noff = error(guess(model, inner.test)) #1\n",
)
NESTED.leaky(
    "chosen in two rounds, one by the test rows",
    "SL603",
    _THIRDS
    + "first = pick(fit(parts.train), fit_high(parts.train), parts.validation)\n"
    + "model = pick.named('again')(first, fit.named('wide')(parts.validation), parts.test) #2\noff = error(guess(model, parts.test)) #1\n",
)
NESTED.leaky(
    "a threshold chosen and reported by the inner test rows",
    "SL603",
    _SPLIT
    + "inner = split(halves.train, by=Meals.household, test=0.5, name='inner')\n"
    + "told = guess(fit(inner.train), inner.test)\nlevel = threshold(told) #2\noff = error(cut(level, told)) #1\n",
)
NESTED.clean(
    "chosen by the validation rows, reported by the test rows",
    _THIRDS
    + "model = pick(fit(parts.train), fit_high(parts.train), parts.validation)\noff = error(guess(model, parts.test))\n",
)
NESTED.clean(
    "chosen by the inner test rows, reported by the outer ones",
    _SPLIT
    + "inner = split(halves.train, by=Meals.household, test=0.5, name='inner')\n"
    + "model = pick(fit(inner.train), fit_high(inner.train), inner.test)\noff = error(guess(model, halves.test))\n",
)
NESTED.clean(
    "chosen in two rounds, both by the validation rows",
    _THIRDS
    + "first = pick(fit(parts.train), fit_high(parts.train), parts.validation)\n"
    + "model = pick.named('again')(first, fit.named('wide')(parts.train), parts.validation)\noff = error(guess(model, parts.test))\n",
)
NESTED.clean(
    "a threshold chosen by inner rows, reported by the outer ones",
    _SPLIT
    + "inner = split(halves.train, by=Meals.household, test=0.5, name='inner')\n"
    + "model = fit(inner.train)\nlevel = threshold(guess.named('inner_guess')(model, inner.test))\n"
    + "off = error(cut(level, guess(model, halves.test)))\n",
)

_CURVE = """
@metric(unit=u.USD, better="lower", range=(0, None), aggregate=mean(), undefined="error", version="1")
def curve(guesses: Table[Guesses, Train]) -> PerRow[u.USD]:
    return PerRow(guesses.pandas["off"])
"""
_END = "pipeline = Pipeline('food', seed=1, metrics=[{}])\n"
UNTESTED = Kind("untested", _CURVE)
UNTESTED.leaky(
    "a training curve only",
    "SL604",
    _SPLIT
    + "seen = curve(guess(fit(halves.train), halves.train)) #2\n"
    + _END.format("seen").replace("\n", " #1\n"),
)
UNTESTED.leaky(
    "validation rows only",
    "SL604",
    _THIRDS
    + "off = error(guess(fit(parts.train), parts.validation)) #2\n"
    + _END.format("off").replace("\n", " #1\n"),
)
UNTESTED.leaky(
    "a training curve and validation rows",
    "SL604",
    _THIRDS
    + "model = fit(parts.train)\nseen = curve(guess(model, parts.train)) #2\noff = error(guess(model, parts.validation))\n"
    + _END.format("seen, off").replace("\n", " #1\n"),
)
UNTESTED.leaky(
    "a gate on validation rows",
    "SL604",
    _THIRDS
    + "off = error(guess(fit(parts.train), parts.validation)) #2\n"
    + "pipeline = Pipeline('food', seed=1, gates=[off.at_most(9)]) #1\n",
)
UNTESTED.clean(
    "a training curve beside a test",
    _SPLIT
    + "model = fit(halves.train)\nseen = curve(guess(model, halves.train))\noff = error(guess(model, halves.test))\n"
    + _END.format("seen, off"),
)
UNTESTED.clean(
    "validation rows beside a test",
    _THIRDS
    + "model = fit(parts.train)\nseen = error(guess(model, parts.validation))\noff = error(guess(model, parts.test))\n"
    + _END.format("seen, off"),
)
UNTESTED.clean(
    "nothing is fitted",
    f"{_THIRDS}off = error(told(parts.validation))\n",
    """

@stage
def told(meals: Table[Meals, S]) -> Table[Guesses, S]:
    return meals.derive(Guesses, meals.pandas[["household"]].assign(off=1.0))
""",
)
UNTESTED.clean("judged by another source", "off = error(guess(fit(meals), others))\n")

KINDS = (CHOICE, NESTED, UNTESTED)
