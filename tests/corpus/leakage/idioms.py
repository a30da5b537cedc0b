"""Ways to compute across rows that look as if they didn't, as they are written with pandas, numpy and scikit-learn; and their near misses.

Each is the part of a stage's body that changes `frame`, with what stands before the stage.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, final

from attrs import frozen

from tests.corpus.leakage.language import Program

_JUDGED = "off = error(guess(fit(halves.train), halves.test))\n"
_BY_KEY = "halves = split(bad(meals), by=Meals.household, test=0.25)\n" + _JUDGED
_BY_TIME = "halves = split_by_time(bad(days), by=Days.day, test_from=dt.date(2026, 4, 1))\n" + _JUDGED


@final
@frozen
class Idiom:
    """What a stage does to its frame."""

    body: str
    before: str = ""

    def program(self, kind: str, name: str) -> Program:
        """Put it into a pipeline: one that divides by time where it needs the order of time."""
        contract = "Days" if "day'" in self.body else "Meals"
        lines = "".join(f"    {line}\n" for line in self.body.strip("\n").splitlines())
        stage = (
            f"\n@stage\ndef bad(rows: Table[{contract}, S]) -> Table[{contract}, S]:\n"
            f"    frame = rows.pandas\n{lines}    return rows.derive({contract}, frame)\n"
        )
        wiring = _BY_TIME if contract == "Days" else _BY_KEY
        return Program(kind=kind, name=name, codes=(), stages=self.before + stage, wiring=wiring)


_ORDERED = "frame = frame.sort_values('day')\n"
_OBJECT = """
class Scaler:
    def learn(self, frame):
        self.mean = frame['income'].mean()

    def use(self, frame):
        return frame.assign(income=frame['income'] - self.mean)

    def alone(self, frame):
        return frame.assign(income=frame['income'] - 3)
"""

LEAKY: Final[Mapping[str, Idiom]] = {
    "kept in a dictionary of lists": Idiom("""
from collections import defaultdict
known = defaultdict(list)
for row in frame.itertuples():
    known[row.street].append(row.food)
frame['income'] = [sum(known[street]) / len(known[street]) for street in frame['street']]
"""),
    "a dictionary of another column": Idiom("""
known = dict(zip(frame['street'], frame['food']))
frame['income'] = frame['street'].map(known)
"""),
    "an index of another column": Idiom(
        "frame['income'] = frame['street'].map(frame.drop_duplicates('street').set_index('street')['food'])"
    ),
    "joined to itself": Idiom(
        "frame = frame.merge(frame[['street', 'food']].rename(columns={'food': 'other'}), on='street')"
    ),
    "rows drawn with numpy": Idiom("""
places = np.random.default_rng(0).choice(len(frame), 400)
frame = frame.iloc[places]
"""),
    "numbers drawn with numpy": Idiom("""
places = np.random.default_rng(0).integers(0, len(frame), 400)
frame = frame.take(places)
"""),
    "filled from before": Idiom("frame = frame.fillna(method='ffill')"),
    "a method of an object": Idiom(
        "scaler = Scaler()\nscaler.learn(frame)\nframe = scaler.use(frame)", _OBJECT
    ),
    "an object made on the way": Idiom(
        "frame = Scaler().all(frame)",
        """
class Scaler:
    def all(self, frame):
        self.largest = frame['income'].max()
        return frame.assign(income=frame['income'] / self.largest)
""",
    ),
    "a function with an argument": Idiom(
        "frame = frame.pipe(functools.partial(scaled, by=2))",
        "import functools\n\n\ndef scaled(frame, by):\n    return frame.assign(income=by * frame['income'] / frame['income'].max())\n",
    ),
    "numpy's own reduction": Idiom("frame['income'] = frame['income'] / np.add.reduce(frame['income'])"),
    "a product of a column with itself": Idiom(
        "x = frame['income'].to_numpy()\nframe['income'] = x / np.sqrt(x @ x)"
    ),
    "a dot product": Idiom("x = frame['income'].to_numpy()\nframe['income'] = x / np.sqrt(x.dot(x))"),
    "a norm": Idiom("x = frame['income'].to_numpy()\nframe['income'] = x / np.linalg.norm(x)"),
    "an outer sum": Idiom("x = frame['income'].to_numpy()\nframe['income'] = np.einsum('i,j->i', x, x)"),
    "each row beside each": Idiom(
        "x = frame['income'].to_numpy()\nframe['income'] = (x[:, None] < x[None, :]).sum(axis=1)"
    ),
    "so many bins": Idiom("frame['income'] = pd.cut(frame['income'], 10, labels=False)"),
    "bins of a histogram": Idiom(
        "frame['income'] = np.digitize(frame['income'], np.histogram_bin_edges(frame['income']))"
    ),
    "numbers of categories": Idiom("frame['income'] = frame['street'].astype('category').cat.codes"),
    "a place in the order": Idiom(
        "frame['income'] = np.searchsorted(np.sort(frame['income']), frame['income'])"
    ),
    "an exact sum": Idiom("import math\nframe['income'] = frame['income'] / math.fsum(frame['income'])"),
    "reduced": Idiom(
        "import functools\nframe['income'] = frame['income'] / functools.reduce(max, frame['income'])"
    ),
    "the first row": Idiom("frame['income'] = frame['income'] / frame['income'].iloc[0]"),
    "a mean by another name": Idiom(
        "average = np.mean\nframe['income'] = frame['income'] / average(frame['income'])"
    ),
    "a rank by another name": Idiom(
        "from scipy.stats import rankdata as places\nframe['income'] = places(frame['income'])"
    ),
    "a mean named in a text": Idiom("frame['income'] = frame['income'] / frame['income'].apply('mean')"),
    "distances between all": Idiom("""
from scipy.spatial.distance import cdist
x = frame[['income']].to_numpy()
frame['income'] = cdist(x, x).max(axis=1)
"""),
    "a tree of all": Idiom("""
from scipy.spatial import cKDTree
x = frame[['income']].to_numpy()
frame['income'] = cKDTree(x).query(x, k=2)[0][:, 1]
"""),
    "likeness to all": Idiom("""
from sklearn.metrics.pairwise import cosine_similarity
frame['income'] = cosine_similarity(frame[['income', 'food']].to_numpy()).mean(axis=1)
"""),
    "shifted by a named number": Idiom(
        _ORDERED + "step = -1\nframe['income'] = frame['food'].shift(step).fillna(1.0)"
    ),
    "shifted in backward order": Idiom(
        "frame = frame.sort_values('day', ascending=False)\nframe['income'] = frame['food'].shift(1).fillna(1.0)"
    ),
    "a window turned round": Idiom(
        _ORDERED + "frame['income'] = frame['food'][::-1].rolling(3, min_periods=1).mean()[::-1]"
    ),
    "a sum from behind": Idiom(_ORDERED + "frame['income'] = frame['food'].iloc[::-1].cumsum()"),
    "rolled": Idiom(_ORDERED + "frame['income'] = np.roll(frame['food'], -1)"),
    "cut off in front": Idiom(
        _ORDERED + "x = frame['food'].to_numpy()\nframe['income'] = np.append(x[1:], 1.0)"
    ),
    "cut and put together": Idiom(
        _ORDERED + "x = frame['food'].to_numpy()\nframe['income'] = np.concatenate([x[1:], x[:1]])"
    ),
    "a gradient": Idiom(_ORDERED + "frame['income'] = np.gradient(frame['food'])"),
    "a transform of the series": Idiom(_ORDERED + "frame['income'] = np.abs(np.fft.fft(frame['food']))"),
    "the next one in a loop": Idiom(
        _ORDERED
        + "x = frame['food'].tolist()\nframe['income'] = [x[i + 1] if i + 1 < len(x) else 1.0 for i in range(len(x))]"
    ),
}

CLEAN: Final[Mapping[str, Idiom]] = {
    "a dictionary by key": Idiom("""
known = dict(zip(frame['household'], frame['food'] * 2))
frame['income'] = frame['household'].map(known)
"""),
    "a dictionary by key, divided by time": Idiom(
        _ORDERED
        + "known = dict(zip(frame['household'], frame['food']))\nframe['income'] = frame['household'].map(known)"
    ),
    "joined to itself by key, divided by time": Idiom(
        _ORDERED
        + "frame = frame.merge(frame[['household', 'food']].rename(columns={'food': 'other'}), on='household')"
    ),
    "joined to itself by key": Idiom(
        "frame = frame.merge(frame[['household', 'food']].rename(columns={'food': 'other'}), on='household')"
    ),
    "a list filled in a loop": Idiom("""
found = []
for row in frame.itertuples():
    found.append(row.food * 2)
frame['income'] = found
"""),
    "a dictionary that is written down": Idiom(
        "frame['income'] = frame['street'].map({'street 1': 2.0}).fillna(1.0)"
    ),
    "rows drawn once each": Idiom(
        "places = np.random.default_rng(0).choice(len(frame), 200, replace=False)\nframe = frame.iloc[places]"
    ),
    "filled with a number": Idiom("frame = frame.fillna(0.0)"),
    "a method that treats each row": Idiom("scaler = Scaler()\nframe = scaler.alone(frame)", _OBJECT),
    "a function with an argument": Idiom(
        "frame = frame.pipe(functools.partial(scaled, by=2))",
        "import functools\n\n\ndef scaled(frame, by):\n    return frame.assign(income=by * frame['income'])\n",
    ),
    "a product with weights": Idiom(
        "frame['income'] = frame[['income', 'food']].to_numpy() @ np.array([0.5, 0.5])"
    ),
    "a norm of each row": Idiom(
        "frame['income'] = np.linalg.norm(frame[['income', 'food']].to_numpy(), axis=1)"
    ),
    "a product within each row": Idiom(
        "x = frame[['income', 'food']].to_numpy()\nframe['income'] = np.einsum('ij,ij->i', x, x)"
    ),
    "bins that are written down": Idiom(
        "frame['income'] = pd.cut(frame['income'], [0, 50, 1000], labels=False).astype(float)"
    ),
    "a place among limits": Idiom(
        "frame['income'] = np.searchsorted([30.0, 60.0], frame['income']).astype(float)"
    ),
    "an exact sum of each row": Idiom(
        "import math\nframe['income'] = [math.fsum(pair) for pair in zip(frame['income'], frame['food'])]"
    ),
    "masks reduced": Idiom("""
import functools
import operator
kept = functools.reduce(operator.and_, [frame['income'] > 3, frame['food'] > 1])
frame = frame[kept]
"""),
    "a logarithm by another name": Idiom("change = np.log1p\nframe['income'] = change(frame['income'])"),
    "distances to places": Idiom(
        "frame['income'] = np.abs(frame['income'].to_numpy()[:, None] - np.array([1.0, 2.0])).min(axis=1)"
    ),
    "a column of a frame": Idiom("frame['income'] = frame.iloc[:, 3] * 2"),
    "texts cut off": Idiom("frame['street'] = [street[1:] for street in frame['street']]"),
    "shifted by a named number": Idiom(
        _ORDERED + "step = 1\nframe['income'] = frame['food'].shift(step).fillna(1.0)"
    ),
    "shifted in the order of time": Idiom(
        "frame = frame.sort_values('day', ascending=True)\nframe['income'] = frame['food'].shift(1).fillna(1.0)"
    ),
    "turned round twice": Idiom(
        _ORDERED + "frame['income'] = frame['food'][::-1][::-1].rolling(3, min_periods=1).mean()"
    ),
    "the one before in a loop": Idiom(
        _ORDERED
        + "x = frame['food'].tolist()\nframe['income'] = [x[i - 1] if i else 1.0 for i in range(len(x))]"
    ),
    "columns put together": Idiom(
        "frame['income'] = np.concatenate([frame[['income']], frame[['food']]], axis=1).max(axis=1)"
    ),
}

UNSEEN: Final[Mapping[str, Idiom]] = {
    "a place as a number": Idiom(
        "frame = frame.sort_values('food').reset_index(drop=True)\nframe['income'] = (frame.index + 1) / 10"
    ),
    "numbers in an order": Idiom(
        "frame = frame.sort_values('food')\nframe['income'] = np.arange(len(frame)) + 1.0"
    ),
    "the first of an array": Idiom("x = frame['income'].to_numpy()\nframe['income'] = x / x[0]"),
    "a name put together": Idiom(
        "frame['income'] = frame['income'] / getattr(frame['income'], 'me' + 'an')()"
    ),
}
"""What bodies don't show; the audit sees them."""
