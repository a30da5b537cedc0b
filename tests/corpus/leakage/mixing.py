"""Programs that mix or copy rows before they are divided, and near misses that don't."""

from __future__ import annotations

from tests.corpus.leakage.language import Kind

_SPLIT = "halves = split(table, by={contract}.{by}, test=0.25) #3\noff = error(guess(fit(halves.train), halves.test)) #1\n"


def _before(contract: str = "Meals", by: str = "household") -> str:
    source = {"Meals": "meals", "Homes": "homes", "Days": "days"}[contract]
    return f"table = change({source})\n" + _SPLIT.format(contract=contract, by=by)


def _by_time() -> str:
    return (
        "table = change(days)\nhalves = split_by_time(table, by=Days.day, test_from=dt.date(2026, 3, 1)) #3\n"
        "off = error(guess(fit(halves.train), halves.test)) #1\n"
    )


def _change(*lines: str, contract: str = "Meals", options: str = "", more: str = "") -> str:
    """Write a stage that changes a table before the split; `lines` make `frame` what it returns."""
    body = "".join(f"    {line}\n" for line in lines)
    return (
        f"{more}\n@stage{options}\ndef change(table: Table[{contract}, S]) -> Table[{contract}, S]:\n    frame = table.pandas\n"
        f"{body}    return table.derive({contract}, frame)\n"
    )


MIXING = Kind("mixing")
for _name, _lines in {
    "a mean over all rows": ['frame = frame.assign(income=frame["income"] / frame["income"].mean()) #2'],
    "a fitted scaler": [
        "from sklearn.preprocessing import MinMaxScaler",
        'frame["income"] = MinMaxScaler().fit_transform(frame[["income"]]) #2',
    ],
    "a fitted scaler, in two steps": [
        "from sklearn.preprocessing import MinMaxScaler",
        "scaler = MinMaxScaler()",
        'scaler.fit(frame[["income"]]) #2',
        'frame["income"] = scaler.transform(frame[["income"]])[:, 0]',
    ],
    "missing values filled by the median": [
        'middle = frame["income"].median() #2',
        'frame["income"] = frame["income"].where(frame["income"] > 30, middle)',
    ],
    "ranks": ['frame["income"] = frame["income"].rank() #2'],
    "a mean within streets, divided by household": [
        'frame["income"] = frame["income"] - frame.groupby("street")["income"].transform("min") #2'
    ],
    "values beyond a quantile are cut": [
        'frame["income"] = frame["income"].clip(upper=np.quantile(frame["income"], 0.9)) #2'
    ],
    "a running sum": ['frame["income"] = frame["income"].cumsum() #2'],
    "bins of equal size": ['frame["income"] = pd.qcut(frame["income"], 4, labels=False).astype(float) #2'],
    "a mean in a loop over columns": [
        'for name in ["income", "food"]:',
        "    frame[name] = frame[name] / frame[name].abs().max() #2",
    ],
    "a mean under a condition": [
        'if frame["income"].mean() > 55: #2',
        '    frame = frame.assign(income=frame["income"] / 1000)',
    ],
    "numpy over all rows": ['frame["income"] = frame["income"] / np.max(frame["income"].to_numpy()) #2'],
    "a function handed to transform": [
        'frame["income"] = frame["income"].transform(lambda each: each - each.min()) #2'
    ],
}.items():
    MIXING.leaky(_name, "SL602", _before(), _change(*_lines))
MIXING.leaky(
    "a helper does it",
    "SL602",
    _before(),
    _change(
        'frame = frame.assign(income=relative(frame["income"]))',
        more="def relative(values: pd.Series) -> pd.Series:\n    return values / values.mean() #2\n\n",
    ),
)
MIXING.leaky(
    "the next day is looked at, divided by time",
    "SL602",
    _by_time(),
    _change('frame["income"] = frame["income"].shift(-1).fillna(0.0) #2', contract="Days"),
)
MIXING.leaky(
    "declared to compute across rows",
    "SL602",
    _before(),
    _change('frame["income"] = frame["income"] / frame["income"].mean()', options='(role="aggregate") #2'),
)
MIXING.leaky(
    "polars over all rows",
    "SL602",
    "table = change(meals)\n" + _SPLIT.format(contract="Meals", by="household"),
    """
@stage
def change(table: Table[Meals, S]) -> Table[Meals, S]:
    import polars as pl

    frame = table.polars
    return table.derive(Meals, frame.with_columns(income=pl.col("income") / pl.col("income").mean())) #2
""",
)

for _name, _lines in {
    "a constant": ['frame = frame.assign(income=frame["income"] / 1000)'],
    "a mean that is only printed": [
        'print(frame["income"].mean())',
        'frame = frame.assign(income=frame["income"] / 1000)',
    ],
    "a mean that is only asserted": [
        'assert frame["income"].mean() > 0',
        'frame = frame.assign(income=frame["income"] / 1000)',
    ],
    "a maximum along each row": ['frame = frame.assign(income=frame[["income", "food"]].max(axis=1))'],
    "a mean in each row's function": [
        'frame["income"] = frame.apply(lambda row: max(row["income"], row["food"]), axis=1)'
    ],
    "rows that are equal are kept once": ["frame = frame.drop_duplicates()"],
    "rows are chosen each by itself": ['frame = frame[frame["income"] > 20]'],
    "rows are sorted": ['frame = frame.sort_values("income")'],
    "a share of the rows is taken": ["frame = frame.sample(frac=0.5, random_state=1)"],
}.items():
    MIXING.clean(_name, _before(), _change(*_lines))
MIXING.clean(
    "a mean within streets, divided by street",
    _before("Homes", "street"),
    _change(
        'frame["income"] = frame["income"] - frame.groupby("street")["income"].transform("mean")',
        contract="Homes",
    ),
)
MIXING.clean(
    "the day before, divided by time",
    _by_time(),
    _change('frame["income"] = frame["income"].shift(1).fillna(0.0)', contract="Days"),
)
MIXING.clean(
    "a rolling mean of the past, divided by time",
    _by_time(),
    _change('frame["income"] = frame["income"].rolling(3).mean().fillna(0.0)', contract="Days"),
)
MIXING.clean(
    "declared to treat each row by itself",
    _before(),
    _change(
        'frame["income"] = frame["income"] / frame["income"].to_numpy().max(initial=1) ** 0',
        options='(role="map")',
    ),
)
MIXING.clean(
    "a mean of the training rows after the split",
    "halves = split(meals, by=Meals.household, test=0.25)\noff = error(guess(fit(change(halves.train)), halves.test))\n",
    _change('frame = frame.assign(income=frame["income"] / frame["income"].mean())'),
)

COPIES = Kind("copies")
_NEW_KEYS = "frame = frame.reset_index(drop=True).assign(household=lambda each: range(len(each)))"
for _name, _line in {
    "rows repeated": "frame = frame.loc[frame.index.repeat(3)] #2",
    "rows drawn with replacement": "frame = frame.sample(n=300, replace=True, random_state=1) #2",
    "rows put below themselves": "frame = pd.concat([frame, frame]) #2",
    "rows of a class put below again": 'frame = pd.concat([frame, frame[frame["food"] > 30]]) #2',
}.items():
    COPIES.leaky(_name, "SL609", _before(), _change(_line, _NEW_KEYS))
    COPIES.clean(
        _name + ", of the training rows",
        "halves = split(meals, by=Meals.household, test=0.25)\noff = error(guess(fit(change(halves.train)), halves.test))\n",
        _change(_line.removesuffix(" #2"), _NEW_KEYS),
    )
COPIES.leaky(
    "resampled by scikit-learn",
    "SL609",
    _before(),
    _change(
        "from sklearn.utils import resample",
        "frame = resample(frame, n_samples=300, random_state=1) #2",
        _NEW_KEYS,
    ),
)
COPIES.leaky(
    "declared to make several rows of one",
    "SL609",
    _before(),
    _change(
        "frame = doubled(frame)",
        _NEW_KEYS,
        options='(role="augment") #2',
        more="def doubled(frame: pd.DataFrame) -> pd.DataFrame:\n    return frame.iloc[np.arange(2 * len(frame)) // 2]\n\n",
    ),
)
COPIES.clean(
    "rows repeated, divided by their group",
    _before("Homes", "street"),
    _change("frame = frame.loc[frame.index.repeat(3)]", _NEW_KEYS, contract="Homes"),
)
COPIES.clean(
    "columns put beside each other",
    _before(),
    _change('frame = pd.concat([frame[["household", "street"]], frame[["income", "food"]]], axis=1)'),
)

KINDS = (MIXING, COPIES)
