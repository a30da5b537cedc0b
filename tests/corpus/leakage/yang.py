"""What the notebooks of the corpus of Yang et al. do with their rows, written anew as pipelines: their operations, none of their code.

Each keeps what decides the verdict: what is computed over which rows, how it is called, and where the rows are divided. Left out are the
other columns, the pictures, and models of which there is another one already.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class Notebook(NamedTuple):
    """A program: the codes to be found, its stages, its wiring; `why` says where and why their verdict is another one."""

    codes: tuple[str, ...]
    stages: str
    wiring: str
    why: str = ""


_BY_KEY = """
halves = split(prep(meals), by=Meals.household, test=0.33)
off = error(guess(fit(halves.train), halves.test))
"""
_TWO_MODELS = """
halves = split(prep(meals), by=Meals.household, test=0.33)
off = error(guess(fit(halves.train), halves.test))
with scope("other"):
    other = error(guess(fit(halves.train), halves.test))
pipeline = Pipeline("food", seed=1, metrics=[off, other])
"""
_BEFORE = """
@stage
def prep(rows: Table[Meals, S]) -> Table[Meals, S]:
{}
    return rows.derive(Meals, frame)
"""
_LEARN_AND_APPLY = """
@stage(codec="pickle")
def learn(rows: Table[Meals]) -> Model[object]:
    {}


@stage
def apply(model: Model[object], rows: Table[Meals, S]) -> Table[Meals, S]:
    frame = rows.pandas
    frame["income"] = {}
    return rows.derive(Meals, frame)
"""
_LEARN_BY_TRAINING_ROWS = """
halves = split({}, by=Meals.household, test=0.25)
how = learn(halves.train)
off = error(guess(fit(apply(how, halves.train)), apply(how, halves.test)))
"""


def _before(body: str) -> str:
    return _BEFORE.format("\n".join(f"    {line}" if line else "" for line in body.strip("\n").split("\n")))


LEAKY: Mapping[str, Notebook] = {
    "titanic0": Notebook(
        ("SL602",),
        """
@stage
def pooled(*tables: Table[Meals]) -> Table[Meals]:
    return tables[0].derive(Meals, pd.concat([each.pandas for each in tables]))


@stage
def prep(rows: Table[Meals, S]) -> Table[Meals, S]:
    frame = rows.pandas
    frame["income"] = frame["income"].fillna(np.mean(frame["income"]))
    usual, spread = frame["food"].mean(), frame["food"].std()
    rng = np.random.default_rng(1)
    frame["food"] = frame["food"].fillna(rng.integers(usual - spread, usual + spread))
    return rows.derive(Meals, frame)
""",
        _BY_KEY.replace("prep(meals)", "prep(pooled(meals, others))"),
    ),
    "nb_344873": Notebook(
        ("SL602",),
        _before("""
from scipy.stats import skew

frame = rows.pandas
numeric = frame[["income", "food"]]
skewed = numeric.apply(lambda column: skew(column.dropna()))
names = skewed[skewed > 0.75].index
frame[names] = np.log1p(frame[names])
frame = frame.fillna(frame.mean(numeric_only=True))
"""),
        _BY_KEY,
    ),
    "nb_100841": Notebook(
        ("SL602",),
        _before("""
from sklearn.feature_extraction.text import CountVectorizer, TfidfTransformer

frame = rows.pandas
words = CountVectorizer().fit(frame["street"])
counts = words.transform(frame["street"])
weights = TfidfTransformer().fit(counts)
frame["income"] = weights.transform(counts).toarray()[:, 0]
"""),
        _BY_KEY,
    ),
    "nb_334422": Notebook(
        ("SL602", "SL602"),
        _before("""
from sklearn.feature_extraction.text import TfidfVectorizer

frame = rows.pandas
frame = frame[frame["street"].isnull() != True]
frame["income"] = TfidfVectorizer().fit_transform(frame["street"]).toarray()[:, 0]
"""),
        _TWO_MODELS,
    ),
    "nb_132929": Notebook(
        ("SL602",),
        _before("""
from sklearn.feature_extraction import DictVectorizer
from sklearn.preprocessing import Imputer, MinMaxScaler
from sklearn_pandas import DataFrameMapper

frame = rows.pandas
numbers = frame[["income", "food"]]
mapper = DataFrameMapper([(numbers.columns.values, [Imputer(), MinMaxScaler((0, 1))])])
numbers = pd.DataFrame(mapper.fit_transform(numbers), columns=numbers.columns)
words = DictVectorizer(sparse=False).fit_transform(frame[["street"]].T.to_dict().values())
frame = frame.assign(income=numbers["income"] + words[:, 0])
"""),
        _BY_KEY,
    ),
    "nb_194503": Notebook(
        ("SL601",),
        _before("""
from sklearn.preprocessing import StandardScaler

frame = rows.pandas
sc = StandardScaler()
frame["income"] = sc.fit_transform(frame[["income"]])
""")
        + """

@stage(codec="pickle")
def train(rows: Table[Meals, Train], judged: Table[Meals]) -> Model[float]:
    from keras.callbacks import EarlyStopping
    from keras.models import Sequential

    model, seen, unseen = Sequential(), rows.pandas, judged.pandas
    stop = EarlyStopping(monitor="val_loss", patience=1)
    held = (unseen[["income"]], unseen["food"])
    model.fit(seen[["income"]], seen["food"], epochs=20, validation_data=held, callbacks=[stop])
    return Model.of(model)
""",
        """
halves = split(prep(meals), by=Meals.household, test=0.3)
off = error(guess(train(halves.train, halves.test), halves.test))
""",
    ),
    "nb_362989": Notebook(
        ("SL602", "SL602"),
        """
def scaled(column):
    from sklearn import preprocessing

    if column.name != "food":
        return preprocessing.MinMaxScaler((-1, 1)).fit_transform(column)
    return column

"""
        + _before("""
frame = rows.pandas.dropna()
frame = frame.apply(scaled, axis=0)
"""),
        _TWO_MODELS,
    ),
    "nb_205857": Notebook(
        ("SL602",),
        _before("""
from sklearn import preprocessing
from sklearn.decomposition import PCA

frame = rows.pandas
pca = PCA(7)
pca.fit(frame[["income", "food"]])
frame["income"] = preprocessing.scale(pca.transform(frame[["income", "food"]]))[:, 0]
"""),
        _BY_KEY,
    ),
    "nb_303674": Notebook(
        ("SL602",),
        _before("""
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.feature_selection import f_classif

frame = rows.pandas
x = CountVectorizer(ngram_range=(1, 2)).fit_transform(frame["street"])
strength = f_classif(x, frame["food"])[0]
mask = strength >= np.percentile(strength, 95)
frame["income"] = x[:, mask].toarray().sum(axis=1)
"""),
        _BY_KEY,
    ),
    "nb_276778": Notebook(
        ("SL602",),
        _before("""
from sklearn import preprocessing
from sklearn.impute import SimpleImputer
from sklearn.pipeline import Pipeline as Steps

frame = rows.pandas.fillna(-999)
for name in ["street"]:
    frame[name] = preprocessing.LabelEncoder().fit_transform(frame[name])
steps = Steps([("fill", SimpleImputer(missing_values=-999, strategy="mean"))])
frame["income"] = steps.fit_transform(frame[["income"]])
"""),
        _BY_KEY,
    ),
    "nb_387986": Notebook(
        ("SL602",),
        _before("""
from sklearn.feature_selection import SelectPercentile, mutual_info_regression
from sklearn.impute import SimpleImputer

frame = rows.pandas
varying = frame[["income", "food"]].var(axis=0) > 0
data = frame[["income", "food"]][varying.index[varying]]
x = SimpleImputer(strategy="median").fit_transform(data.values)
select = SelectPercentile(mutual_info_regression, percentile=50)
select.fit(x, frame["food"].values)
frame["income"] = select.transform(x)[:, 0]
"""),
        """
outer = split(prep(meals), by=Meals.household, test=0.25, name="outer")
inner = split(outer.train, by=Meals.household, test=0.25, name="inner")
off = error(guess(fit(inner.train), inner.test))
""",
    ),
    "nb_344814": Notebook(
        ("SL601", "SL602"),
        _before("""
frame = rows.pandas.dropna(subset=["street", "income"]).drop_duplicates(subset=["household"])
frame["food"] = frame["food"].apply(lambda value: 1.0 if value > frame["food"].mean() else 0.0)
""")
        + """

@stage
def best_strength(rows: Table[Meals]) -> Value[float]:
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import GridSearchCV

    frame = rows.pandas
    search = GridSearchCV(LogisticRegression(), {"C": [0.01, 0.1, 1.0]}, cv=15)
    search.fit(frame[["income"]], frame["food"])
    return Value.of(float(search.best_params_["C"]))


@stage(codec="json")
def fit_with(strength: Value[float], rows: Table[Meals, Train]) -> Model[float]:
    return Model.of(strength.value * float(rows.pandas["food"].mean()))
""",
        """
table = prep(meals)
halves = split(table, by=Meals.household, test=0.33)
off = error(guess(fit_with(best_strength(table), halves.train), halves.test))
""",
    ),
    "nb_282393": Notebook(
        ("SL602",),
        """
@stage
def pooled(*tables: Table[Meals]) -> Table[Meals]:
    return tables[0].derive(Meals, pd.concat([each.pandas for each in tables]))


@stage
def prep(rows: Table[Meals, S]) -> Table[Meals, S]:
    from sklearn import preprocessing

    full = rows.pandas
    for name in ["income", "food"]:
        full.loc[:, name] = preprocessing.StandardScaler().fit_transform(full[name].values.reshape(-1, 1))
    return rows.derive(Meals, full)
""",
        _BY_KEY.replace("prep(meals)", "prep(pooled(meals, others))"),
    ),
    "nb_175471": Notebook(
        ("SL602",),
        """
@stage
def pooled(*tables: Table[Meals]) -> Table[Meals]:
    return tables[0].derive(Meals, pd.concat([each.pandas for each in tables]))


@stage
def prep(rows: Table[Meals, S]) -> Table[Meals, S]:
    from scipy.stats import boxcox
    from sklearn import preprocessing

    full, scaler = rows.pandas, preprocessing.StandardScaler()
    for name in ["income"]:
        full[name], _ = boxcox(full[name] - full[name].min() + 1)
    for name in ["income", "food"]:
        full[name] = scaler.fit_transform(full[name].values.reshape(-1, 1))
        full[name] = full[name] - full[name].min() + 1
    return rows.derive(Meals, full)
""",
        _BY_KEY.replace("prep(meals)", "prep(pooled(meals, others))"),
    ),
    "nb_248151": Notebook(
        ("SL602", "SL602"),
        _before("""
from sklearn.preprocessing import StandardScaler

frame = rows.pandas
frame["income"] = StandardScaler().fit_transform(frame[["income"]])
"""),
        """
offs = []
for name, table in (("these", meals), ("those", others)):
    with scope(name):
        halves = split(prep(table), by=Meals.household, test=0.4)
        offs.append(error(guess(fit(halves.train), halves.test)))
pipeline = Pipeline("food", seed=1, metrics=offs)
""",
    ),
    "nb_273933": Notebook(
        ("SL602",),
        """
def dummies(x: pd.DataFrame) -> pd.DataFrame:
    output = pd.DataFrame(index=x.index)
    for name, column in x.items():
        if column.dtype == object:
            column = pd.get_dummies(column, prefix=name)
        output = output.join(column)
    return output

"""
        + _before("""
from sklearn import preprocessing

frame = rows.pandas
x = preprocessing.scale(dummies(frame[["street", "income"]]))
frame["income"] = x[:, 0]
"""),
        _BY_KEY,
    ),
    "nb_424904": Notebook(
        ("SL601",),
        _LEARN_AND_APPLY.format(
            "from sklearn.preprocessing import StandardScaler\n\n    return Model.of(StandardScaler().fit(rows.pandas[['income']]))",
            'model.value.transform(frame[["income"]])',
        ),
        """
halves = split(meals, by=Meals.household, test=0.3)
scaled = apply(learn(halves.train), halves.train)
inner = split(scaled, by=Meals.household, test=0.25, name="inner")
off = error(guess(fit(inner.train), inner.test))
""",
    ),
    "nb_292583": Notebook(
        ("SL602", "SL602"),
        _before("""
from sklearn.preprocessing import MinMaxScaler

frame = rows.pandas
skewed = ["income"]
frame[skewed] = frame[skewed].apply(lambda x: np.log(x + 1))
scaler = MinMaxScaler()
frame[["income", "food"]] = scaler.fit_transform(frame[["income", "food"]])
"""),
        _TWO_MODELS,
    ),
    "nb_481597": Notebook(
        ("SL602",),
        """
def cleaned(data: pd.DataFrame) -> pd.DataFrame:
    data = data[data["income"] > 0]
    data = data.ffill()
    data["food"] = data["food"] / data["income"]
    data["food"] = data["food"].fillna(data["food"].mean())
    return data


def without_redundant(data: pd.DataFrame) -> pd.DataFrame:
    related = data[["income", "food"]].sample(frac=0.5, random_state=1).corr()
    return data.drop(columns=[name for name in related if (related[name].abs() > 0.99).sum() > 1])

"""
        + _before("frame = without_redundant(cleaned(rows.pandas))"),
        _BY_KEY,
    ),
    "nb_1080148": Notebook(
        ("SL602",),
        """
@stage
def prep(rows: Table[Meals, S], *, standardize: bool = False) -> Table[Meals, S]:
    frame = rows.pandas
    features = frame[["income"]]
    if standardize:
        standard = (features - features.mean()) / features.std()
    else:
        standard = features
    return rows.derive(Meals, frame.assign(income=standard["income"]))
""",
        _BY_KEY,
    ),
    "nb_1090319": Notebook(
        ("SL602",),
        _before("""
import patsy

frame = rows.pandas.dropna(subset=["income"])
frame["band"] = pd.cut(frame["income"], [0, 100, 200, 300], labels=["low", "some", "high"])
x = patsy.dmatrix("~ C(band) + C(street)", frame)
frame["income"] = np.asarray(x)[:, 1]
"""),
        _BY_KEY,
    ),
    "nb_1255091": Notebook(
        ("SL602",),
        _before("""
frame = rows.pandas
frame["band"] = pd.qcut(frame["income"], 4)
print(frame[["band", "food"]].groupby("band").mean())
frame.loc[frame["income"] <= 1000, "level"] = 0
frame.loc[frame["income"] > 1000, "level"] = 1
frame = frame.drop(columns=["band"]).assign(income=frame["level"])
"""),
        _BY_KEY,
    ),
    "yogmoh_news-category": Notebook(
        ("SL602", "SL609"),
        _before("""
from imblearn.over_sampling import SMOTE
from sklearn.feature_extraction.text import CountVectorizer

frame = rows.pandas
words = CountVectorizer(max_features=9000)
words.fit(frame["street"])
frame["income"] = words.transform(frame["street"]).toarray()[:, 0]
more, kinds = SMOTE().fit_resample(frame[["household", "income"]], frame["street"])
frame = more.assign(street=kinds, food=0.0)
"""),
        _BY_KEY,
    ),
    "dktalaicha_credit-card-fraud-detection-using-smote-adasyn": Notebook(
        ("SL609",),
        """
def balanced(frame: pd.DataFrame) -> pd.DataFrame:
    from imblearn.over_sampling import ADASYN

    more, kinds = ADASYN(random_state=42).fit_resample(frame[["household", "income", "food"]], frame["street"])
    return more.assign(street=kinds)

"""
        + _before("frame = balanced(rows.pandas)"),
        _BY_KEY,
    ),
    "shahules_tackling-class-imbalance": Notebook(
        ("SL609",),
        _before("""
from imblearn.over_sampling import SMOTE

smote = SMOTE(sampling_strategy="minority")
x, y = smote.fit_resample(rows.pandas[["household", "income", "food"]], rows.pandas["street"])
frame = x.assign(street=y)
"""),
        _BY_KEY,
    ),
}

CLEAN: Mapping[str, Notebook] = {
    "nb_473437": Notebook(
        (),
        _LEARN_AND_APPLY.format(
            "from sklearn.preprocessing import StandardScaler\n\n    return Model.of(StandardScaler().fit(rows.pandas[['income']]))",
            'model.value.transform(frame[["income"]])',
        ),
        _LEARN_BY_TRAINING_ROWS.format("meals"),
    ),
    "nb_471253": Notebook(
        ("SL602",),
        """
@stage
def prep(rows: Table[Meals, S]) -> Table[Meals, S]:
    frame = rows.pandas.dropna()
    features = frame[["income"]]
    strength = features.corrwith(frame["food"])
    features = features.iloc[:, strength.argsort()[::-1]]
    return rows.derive(Meals, frame[["household", "street", "food"]].join(features))


@stage
def look(rows: Table[Meals]) -> Value[float]:
    from sklearn.decomposition import PCA

    return Value.of(float(PCA(n_components=2).fit(rows.pandas[["income", "food"]]).explained_variance_ratio_[0]))
"""
        + _LEARN_AND_APPLY.format(
            "from sklearn.decomposition import PCA\n\n    return Model.of(PCA(n_components=18).fit(rows.pandas[['income']]))",
            'model.value.transform(frame[["income"]])',
        ),
        "whole = prep(meals)\nseen = look(whole)\n"
        + _LEARN_BY_TRAINING_ROWS.format("whole")
        + 'pipeline = Pipeline("food", seed=1, metrics=[off], outputs=[seen])\n',
        "the columns are put in the order of their correlation with the label over all rows, and what is fitted may depend on their order",
    ),
    "nb_1020535": Notebook(
        (),
        _LEARN_AND_APPLY.format(
            "from sklearn.feature_extraction.text import CountVectorizer\n\n"
            '    return Model.of(CountVectorizer().fit(rows.pandas["street"]))',
            'model.value.transform(frame["street"]).toarray()[:, 0]',
        ),
        _LEARN_BY_TRAINING_ROWS.format("meals"),
    ),
    "nb_277256": Notebook(
        ("SL602",),
        _before("""
from sklearn.preprocessing import LabelEncoder

frame = rows.pandas.fillna(-999)
for name in ["street"]:
    frame[name] = LabelEncoder().fit_transform(frame[name])
""")
        + "\n"
        + _LEARN_AND_APPLY.format(
            "from sklearn.impute import SimpleImputer\n    from sklearn.pipeline import make_pipeline\n"
            "    from sklearn.preprocessing import MinMaxScaler\n\n"
            "    steps = make_pipeline(SimpleImputer(missing_values=-999, strategy='mean'), MinMaxScaler((-1, 1)))\n"
            "    return Model.of(steps.fit(rows.pandas[['income']]))",
            'model.value.transform(frame[["income"]])',
        ),
        _LEARN_BY_TRAINING_ROWS.format("prep(meals)"),
        "a category's number is its place among those of all rows: one that only the test rows have gives the others other numbers",
    ),
    "nb_598984": Notebook(
        (),
        """
@stage
def filled(rows: Table[Meals, S]) -> Table[Meals, S]:
    frame = rows.pandas
    frame["street"] = frame["street"].fillna("F")
    frame["income"] = frame[["income", "food"]].mean(axis=1)
    return rows.derive(Meals, frame)


@stage
def scaled(rows: Table[Meals]) -> Table[Meals]:
    from sklearn.preprocessing import StandardScaler

    frame = rows.pandas
    frame["income"] = StandardScaler().fit_transform(frame[["income"]])
    return rows.derive(Meals, frame)


@stage
def oversampled(rows: Table[Meals]) -> Table[Meals]:
    from imblearn.over_sampling import RandomOverSampler

    frame, _ = RandomOverSampler(random_state=42).fit_resample(rows.pandas, rows.pandas["street"])
    return rows.derive(Meals, frame)
""",
        "model = fit(oversampled(scaled(filled(meals))))\n"
        "off = error(guess(model, scaled.named('scaled_others')(filled.named('filled_others')(others))))\n",
    ),
}
