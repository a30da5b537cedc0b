"""Pipelines that leak in the ways of notebooks, and twins that don't: most of it is told by bodies, some by types.

Each is written as people write it, with the libraries that they use; where these are there, the oracle runs it too.
"""

from __future__ import annotations

from collections.abc import Mapping

BY_KEY = """
halves = split(prep(meals), by=Meals.household, test=0.25)
off = error(guess(fit(halves.train), halves.test))
"""
BY_TIME = """
halves = split_by_time(prep(days), by=Days.day, test_from=dt.date(2026, 4, 1))
off = error(guess(fit(halves.train), halves.test))
"""
LEARNT = """
bills = source(Bills, "meals.csv", name="bills")
halves = split(bills, by=Bills.household, test=0.25)
pipeline = Pipeline("food", seed=1, outputs=[learn(halves.train)])
"""


LEAKY: Mapping[str, tuple[str, str]] = {
    "scaler": (
        """
@stage
def prep(rows: Table[Meals, S]) -> Table[Meals, S]:
    from sklearn import preprocessing, impute, decomposition, cluster, feature_selection, feature_extraction
    frame = rows.pandas
    frame['income'] = preprocessing.StandardScaler().fit_transform(frame[['income']])
    return rows.derive(Meals, frame)
""",
        BY_KEY,
    ),
    "scaler two steps": (
        """
@stage
def prep(rows: Table[Meals, S]) -> Table[Meals, S]:
    from sklearn import preprocessing, impute, decomposition, cluster, feature_selection, feature_extraction
    frame = rows.pandas
    sc = preprocessing.MinMaxScaler()
    sc.fit(frame[['income']])
    frame['income'] = sc.transform(frame[['income']])
    return rows.derive(Meals, frame)
""",
        BY_KEY,
    ),
    "imputer": (
        """
@stage
def prep(rows: Table[Meals, S]) -> Table[Meals, S]:
    from sklearn import preprocessing, impute, decomposition, cluster, feature_selection, feature_extraction
    frame = rows.pandas
    imp = impute.KNNImputer()
    frame[['income','food']] = imp.fit_transform(frame[['income','food']])
    return rows.derive(Meals, frame)
""",
        BY_KEY,
    ),
    "global mean fill loop": (
        """
@stage
def prep(rows: Table[Meals, S]) -> Table[Meals, S]:
    frame = rows.pandas
    for c in ['income', 'food']:
        frame[c] = frame[c].fillna(frame[c].median())
    return rows.derive(Meals, frame)
""",
        BY_KEY,
    ),
    "mean in a dict": (
        """
@stage
def prep(rows: Table[Meals, S]) -> Table[Meals, S]:
    frame = rows.pandas
    means = {c: frame[c].mean() for c in ['income', 'food']}
    frame = frame.fillna(means)
    return rows.derive(Meals, frame)
""",
        BY_KEY,
    ),
    "lambda closure": (
        """
@stage
def prep(rows: Table[Meals, S]) -> Table[Meals, S]:
    frame = rows.pandas
    frame['income'] = frame['income'].apply(lambda v: v - frame['income'].mean())
    return rows.derive(Meals, frame)
""",
        BY_KEY,
    ),
    "helper per column": (
        """
def normalise(col):
    return (col - col.mean()) / col.std()


@stage
def prep(rows: Table[Meals, S]) -> Table[Meals, S]:
    frame = rows.pandas
    frame[['income','food']] = frame[['income','food']].apply(normalise)
    return rows.derive(Meals, frame)
""",
        BY_KEY,
    ),
    "numpy min max": (
        """
@stage
def prep(rows: Table[Meals, S]) -> Table[Meals, S]:
    frame = rows.pandas
    x = frame['income'].to_numpy()
    frame['income'] = (x - x.min()) / (x.max() - x.min())
    return rows.derive(Meals, frame)
""",
        BY_KEY,
    ),
    "percentile clip": (
        """
@stage
def prep(rows: Table[Meals, S]) -> Table[Meals, S]:
    frame = rows.pandas
    hi = np.percentile(frame['income'], 99)
    frame['income'] = frame['income'].clip(upper=hi)
    return rows.derive(Meals, frame)
""",
        BY_KEY,
    ),
    "outlier filter": (
        """
@stage
def prep(rows: Table[Meals, S]) -> Table[Meals, S]:
    frame = rows.pandas
    q = frame['income'].quantile([0.25, 0.75])
    frame = frame[frame['income'] < q.iloc[1] + 1.5 * (q.iloc[1] - q.iloc[0])]
    return rows.derive(Meals, frame)
""",
        BY_KEY,
    ),
    "zscore filter": (
        """
@stage
def prep(rows: Table[Meals, S]) -> Table[Meals, S]:
    frame = rows.pandas
    from scipy import stats
    frame = frame[(np.abs(stats.zscore(frame[['income', 'food']])) < 3).all(axis=1)]
    return rows.derive(Meals, frame)
""",
        BY_KEY,
    ),
    "boxcox": (
        """
@stage
def prep(rows: Table[Meals, S]) -> Table[Meals, S]:
    frame = rows.pandas
    from scipy import stats
    frame['income'], _ = stats.boxcox(frame['income'] + 1)
    return rows.derive(Meals, frame)
""",
        BY_KEY,
    ),
    "pca": (
        """
@stage
def prep(rows: Table[Meals, S]) -> Table[Meals, S]:
    from sklearn import preprocessing, impute, decomposition, cluster, feature_selection, feature_extraction
    frame = rows.pandas
    frame['income'] = decomposition.PCA(1).fit_transform(frame[['income','food']])[:, 0]
    return rows.derive(Meals, frame)
""",
        BY_KEY,
    ),
    "kmeans": (
        """
@stage
def prep(rows: Table[Meals, S]) -> Table[Meals, S]:
    from sklearn import preprocessing, impute, decomposition, cluster, feature_selection, feature_extraction
    frame = rows.pandas
    frame['income'] = cluster.KMeans(3).fit_predict(frame[['income','food']]).astype(float)
    return rows.derive(Meals, frame)
""",
        BY_KEY,
    ),
    "target encoding map": (
        """
@stage
def prep(rows: Table[Meals, S]) -> Table[Meals, S]:
    frame = rows.pandas
    frame['income'] = frame['street'].map(frame.groupby('street')['food'].mean())
    return rows.derive(Meals, frame)
""",
        BY_KEY,
    ),
    "target encoding merge": (
        """
@stage
def prep(rows: Table[Meals, S]) -> Table[Meals, S]:
    frame = rows.pandas
    enc = frame.groupby('street', as_index=False)['food'].mean().rename(columns={'food': 'income'})
    frame = frame.drop(columns=['income']).merge(enc, on='street')
    return rows.derive(Meals, frame)
""",
        BY_KEY,
    ),
    "count encoding": (
        """
@stage
def prep(rows: Table[Meals, S]) -> Table[Meals, S]:
    frame = rows.pandas
    frame['income'] = frame['street'].map(frame['street'].value_counts()).astype(float)
    return rows.derive(Meals, frame)
""",
        BY_KEY,
    ),
    "correlation selection": (
        """
@stage
def prep(rows: Table[Meals, S]) -> Table[Meals, S]:
    frame = rows.pandas
    keep = frame[['income','food']].corr()['food'].abs().nlargest(1).index
    frame['income'] = frame[keep[0]]
    return rows.derive(Meals, frame)
""",
        BY_KEY,
    ),
    "tfidf": (
        """
@stage
def prep(rows: Table[Meals, S]) -> Table[Meals, S]:
    from sklearn import preprocessing, impute, decomposition, cluster, feature_selection, feature_extraction
    frame = rows.pandas
    v = feature_extraction.text.TfidfVectorizer()
    frame['income'] = v.fit_transform(frame['street']).toarray()[:, 0]
    return rows.derive(Meals, frame)
""",
        BY_KEY,
    ),
    "svd numpy": (
        """
@stage
def prep(rows: Table[Meals, S]) -> Table[Meals, S]:
    frame = rows.pandas
    u, s, v = np.linalg.svd(frame[['income','food']].to_numpy(), full_matrices=False)
    frame['income'] = u[:, 0]
    return rows.derive(Meals, frame)
""",
        BY_KEY,
    ),
    "smote": (
        """
@stage
def prep(rows: Table[Meals, S]) -> Table[Meals, S]:
    frame = rows.pandas
    from imblearn.over_sampling import SMOTE
    frame, _ = SMOTE().fit_resample(frame, frame['street'])
    return rows.derive(Meals, frame)
""",
        BY_KEY,
    ),
    "bootstrap": (
        """
@stage
def prep(rows: Table[Meals, S]) -> Table[Meals, S]:
    frame = rows.pandas
    frame = frame.sample(frac=2.0, replace=True, random_state=1)
    return rows.derive(Meals, frame)
""",
        BY_KEY,
    ),
    "concat minority": (
        """
@stage
def prep(rows: Table[Meals, S]) -> Table[Meals, S]:
    frame = rows.pandas
    poor = frame[frame['income'] < 30]
    frame = pd.concat([frame, poor, poor])
    return rows.derive(Meals, frame)
""",
        BY_KEY,
    ),
    "np repeat": (
        """
@stage
def prep(rows: Table[Meals, S]) -> Table[Meals, S]:
    frame = rows.pandas
    frame = frame.loc[np.repeat(frame.index, 2)]
    return rows.derive(Meals, frame)
""",
        BY_KEY,
    ),
    "centred window": (
        """
@stage
def prep(rows: Table[Days, S]) -> Table[Days, S]:
    frame = rows.pandas
    frame['income'] = frame.sort_values('day')['income'].rolling(5, center=True, min_periods=1).mean()
    return rows.derive(Days, frame)
""",
        BY_TIME,
    ),
    "next day": (
        """
@stage
def prep(rows: Table[Days, S]) -> Table[Days, S]:
    frame = rows.pandas
    frame['income'] = frame.sort_values('day')['income'].shift(-1).fillna(0.0)
    return rows.derive(Days, frame)
""",
        BY_TIME,
    ),
    "interpolated": (
        """
@stage
def prep(rows: Table[Days, S]) -> Table[Days, S]:
    frame = rows.pandas
    frame['income'] = frame.set_index('day')['income'].interpolate().to_numpy()
    return rows.derive(Days, frame)
""",
        BY_TIME,
    ),
    "backfill": (
        """
@stage
def prep(rows: Table[Days, S]) -> Table[Days, S]:
    frame = rows.pandas
    frame['income'] = frame['income'].bfill()
    return rows.derive(Days, frame)
""",
        BY_TIME,
    ),
    "seasonal": (
        """
@stage
def prep(rows: Table[Days, S]) -> Table[Days, S]:
    frame = rows.pandas
    from statsmodels.tsa.seasonal import seasonal_decompose
    frame['income'] = seasonal_decompose(frame['income'], period=7).trend.fillna(0.0)
    return rows.derive(Days, frame)
""",
        BY_TIME,
    ),
    "smoothed": (
        """
@stage
def prep(rows: Table[Days, S]) -> Table[Days, S]:
    frame = rows.pandas
    from scipy.signal import savgol_filter
    frame['income'] = savgol_filter(frame['income'], 7, 2)
    return rows.derive(Days, frame)
""",
        BY_TIME,
    ),
    "lgb feature": (
        """
@stage
def prep(rows: Table[Meals, S]) -> Table[Meals, S]:
    frame = rows.pandas
    import lightgbm as lgb
    booster = lgb.train({}, lgb.Dataset(frame[['income']], frame['food']))
    frame['income'] = booster.predict(frame[['income']])
    return rows.derive(Meals, frame)
""",
        BY_KEY,
    ),
    "pivot": (
        """
@stage
def prep(rows: Table[Meals, S]) -> Table[Meals, S]:
    frame = rows.pandas
    wide = frame.pivot_table(index='street', values='food', aggfunc='mean')
    frame['income'] = wide.loc[frame['street'], 'food'].to_numpy()
    return rows.derive(Meals, frame)
""",
        BY_KEY,
    ),
    "sql": (
        """
@stage
def prep(rows: Table[Meals, S]) -> Table[Meals, S]:
    frame = rows.pandas
    import duckdb
    frame = duckdb.sql('select household, street, income - avg(income) over () as income, food from frame').df()
    return rows.derive(Meals, frame)
""",
        BY_KEY,
    ),
    "polars over all": (
        """
@stage
def prep(rows: Table[Meals, S]) -> Table[Meals, S]:
    import polars as pl
    frame = rows.polars.with_columns(income=pl.col("income") / pl.col("income").max())
    return rows.derive(Meals, frame)
""",
        BY_KEY,
    ),
    "arrow mean": (
        """
@stage
def prep(rows: Table[Meals, S]) -> Table[Meals, S]:
    import pyarrow.compute as pc
    table = rows.arrow
    income = pc.subtract(table["income"], pc.mean(table["income"]))
    return rows.derive(Meals, table.drop_columns(["income"]).append_column("income", income))
""",
        BY_KEY,
    ),
    "torch": (
        """
@stage
def prep(rows: Table[Meals, S]) -> Table[Meals, S]:
    frame = rows.pandas
    import torch
    x = torch.tensor(frame[['income', 'food']].to_numpy())
    x = (x - x.mean(0)) / x.std(0)
    frame['income'] = x[:, 0].numpy()
    return rows.derive(Meals, frame)
""",
        BY_KEY,
    ),
    "group mean, other split": (
        """
@stage
def prep(rows: Table[Meals, S]) -> Table[Meals, S]:
    frame = rows.pandas
    frame['income'] = frame.groupby('street')['income'].transform('mean')
    return rows.derive(Meals, frame)
""",
        BY_KEY,
    ),
    "cumulative before a hash": (
        """
@stage
def prep(rows: Table[Meals, S]) -> Table[Meals, S]:
    frame = rows.pandas
    frame['income'] = frame['income'].cumsum()
    return rows.derive(Meals, frame)
""",
        BY_KEY,
    ),
    "expanding before a hash": (
        """
@stage
def prep(rows: Table[Meals, S]) -> Table[Meals, S]:
    frame = rows.pandas
    frame['income'] = frame['income'].expanding().mean()
    return rows.derive(Meals, frame)
""",
        BY_KEY,
    ),
    "neighbours": (
        """
@stage
def prep(rows: Table[Meals, S]) -> Table[Meals, S]:
    frame = rows.pandas
    from sklearn.neighbors import NearestNeighbors
    d, i = NearestNeighbors(n_neighbors=3).fit(frame[['income']]).kneighbors(frame[['income']])
    frame['income'] = frame['food'].to_numpy()[i].mean(axis=1)
    return rows.derive(Meals, frame)
""",
        BY_KEY,
    ),
    "rows loop with totals": (
        """
@stage
def prep(rows: Table[Meals, S]) -> Table[Meals, S]:
    frame = rows.pandas
    total = 0.0
    for row in frame.itertuples():
        total += row.income
    frame['income'] = frame['income'] / total
    return rows.derive(Meals, frame)
""",
        BY_KEY,
    ),
    "statistics module": (
        """
@stage
def prep(rows: Table[Meals, S]) -> Table[Meals, S]:
    frame = rows.pandas
    import statistics
    frame['income'] = frame['income'] - statistics.mean(frame['income'])
    return rows.derive(Meals, frame)
""",
        BY_KEY,
    ),
    "sklearn pipeline": (
        """
@stage
def prep(rows: Table[Meals, S]) -> Table[Meals, S]:
    frame = rows.pandas
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler
    frame[['income','food']] = make_pipeline(StandardScaler()).fit_transform(frame[['income','food']])
    return rows.derive(Meals, frame)
""",
        BY_KEY,
    ),
    "own class": (
        """
class Scaler:
    def fit(self, x):
        self.m = x.mean()
        return self
    def transform(self, x):
        return x - self.m


@stage
def prep(rows: Table[Meals, S]) -> Table[Meals, S]:
    frame = rows.pandas
    frame['income'] = Scaler().fit(frame['income']).transform(frame['income'])
    return rows.derive(Meals, frame)
""",
        BY_KEY,
    ),
    "own function over values": (
        """
def centred(xs):
    m = sum(xs) / len(xs)
    return [x - m for x in xs]


@stage
def prep(rows: Table[Meals, S]) -> Table[Meals, S]:
    frame = rows.pandas
    frame['income'] = centred(list(frame['income']))
    return rows.derive(Meals, frame)
""",
        BY_KEY,
    ),
    "np.unique codes": (
        """
@stage
def prep(rows: Table[Meals, S]) -> Table[Meals, S]:
    frame = rows.pandas
    _, codes = np.unique(frame['street'], return_inverse=True)
    frame['income'] = codes.astype(float)
    return rows.derive(Meals, frame)
""",
        BY_KEY,
    ),
    "dense rank": (
        """
@stage
def prep(rows: Table[Meals, S]) -> Table[Meals, S]:
    frame = rows.pandas
    frame['income'] = frame['income'].rank(pct=True)
    return rows.derive(Meals, frame)
""",
        BY_KEY,
    ),
    "asof nearest": (
        """
@stage
def prep(rows: Table[Days, S]) -> Table[Days, S]:
    frame = rows.pandas
    other = frame[['day', 'income']].sort_values('day')
    frame['income'] = pd.merge_asof(frame[['day']].sort_values('day'), other, on='day', direction='nearest')['income'].to_numpy()
    return rows.derive(Days, frame)
""",
        BY_TIME,
    ),
    "label in X whole frame": (
        """
class Bills(Contract):
    household: Column[int] = column(key=True)
    income: Column[float] = column(ge=0)
    food: Column[float] = column(role="label")

@stage(codec="pickle")
def learn(rows: Table[Bills, Train]) -> Model[object]:
    from sklearn.linear_model import LinearRegression
    frame = rows.pandas
    return Model.of(LinearRegression().fit(frame, frame["food"]))
""",
        LEARNT,
    ),
    "label in X list": (
        """
class Bills(Contract):
    household: Column[int] = column(key=True)
    income: Column[float] = column(ge=0)
    food: Column[float] = column(role="label")

@stage(codec="pickle")
def learn(rows: Table[Bills, Train]) -> Model[object]:
    from sklearn.linear_model import LinearRegression
    frame = rows.pandas
    X = frame[["income", "food"]]
    y = frame["food"]
    return Model.of(LinearRegression().fit(X, y))
""",
        LEARNT,
    ),
    "label in X after drop of id": (
        """
class Bills(Contract):
    household: Column[int] = column(key=True)
    income: Column[float] = column(ge=0)
    food: Column[float] = column(role="label")

@stage(codec="pickle")
def learn(rows: Table[Bills, Train]) -> Model[object]:
    from sklearn.linear_model import LinearRegression
    frame = rows.pandas
    X = frame.drop(columns=["household"])
    return Model.of(LinearRegression().fit(X, frame[Bills.food]))
""",
        LEARNT,
    ),
    "label in X after drop axis": (
        """
class Bills(Contract):
    household: Column[int] = column(key=True)
    income: Column[float] = column(ge=0)
    food: Column[float] = column(role="label")

@stage(codec="pickle")
def learn(rows: Table[Bills, Train]) -> Model[object]:
    from sklearn.linear_model import LinearRegression
    frame = rows.pandas
    X = frame.drop("household", axis=1).to_numpy()
    return Model.of(LinearRegression().fit(X, frame["food"].to_numpy()))
""",
        LEARNT,
    ),
    "groupby apply z": (
        """
@stage
def prep(rows: Table[Meals, S]) -> Table[Meals, S]:
    frame = rows.pandas
    frame['income'] = frame.groupby('street', group_keys=False)['income'].apply(lambda s: s - s.mean())
    return rows.derive(Meals, frame)
""",
        BY_KEY,
    ),
    "cut at mean via where": (
        """
@stage
def prep(rows: Table[Meals, S]) -> Table[Meals, S]:
    frame = rows.pandas
    frame['income'] = np.where(frame['income'] > np.nanmean(frame['income']), 1.0, 0.0)
    return rows.derive(Meals, frame)
""",
        BY_KEY,
    ),
    "walrus": (
        """
@stage
def prep(rows: Table[Meals, S]) -> Table[Meals, S]:
    frame = rows.pandas
    frame['income'] = frame['income'] / (top := frame['income'].max())
    return rows.derive(Meals, frame)
""",
        BY_KEY,
    ),
    "method chain": (
        """
@stage
def prep(rows: Table[Meals, S]) -> Table[Meals, S]:
    frame = rows.pandas
    frame = frame.assign(income=lambda f: f['income'] - f['income'].mean())
    return rows.derive(Meals, frame)
""",
        BY_KEY,
    ),
    "pipe": (
        """
@stage
def prep(rows: Table[Meals, S]) -> Table[Meals, S]:
    frame = rows.pandas
    frame = frame.pipe(lambda f: f.assign(income=f['income'] / f['income'].sum()))
    return rows.derive(Meals, frame)
""",
        BY_KEY,
    ),
    "df eval text": (
        """
@stage
def prep(rows: Table[Meals, S]) -> Table[Meals, S]:
    frame = rows.pandas
    frame = frame.eval('income = income - income.mean()')
    return rows.derive(Meals, frame)
""",
        BY_KEY,
    ),
    "df query text": (
        """
@stage
def prep(rows: Table[Meals, S]) -> Table[Meals, S]:
    frame = rows.pandas
    frame = frame.query('income < income.quantile(0.9)')
    return rows.derive(Meals, frame)
""",
        BY_KEY,
    ),
    "cols loop list": (
        """
@stage
def prep(rows: Table[Meals, S]) -> Table[Meals, S]:
    frame = rows.pandas
    cols = ['income', 'food']
    for c in cols:
        lo, hi = frame[c].min(), frame[c].max()
        frame[c] = (frame[c] - lo) / (hi - lo)
    return rows.derive(Meals, frame)
""",
        BY_KEY,
    ),
    "cols apply var": (
        """
@stage
def prep(rows: Table[Meals, S]) -> Table[Meals, S]:
    frame = rows.pandas
    cols = ['income', 'food']
    frame[cols] = frame[cols].apply(lambda s: s.fillna(s.mean()))
    return rows.derive(Meals, frame)
""",
        BY_KEY,
    ),
    "transform str": (
        """
@stage
def prep(rows: Table[Meals, S]) -> Table[Meals, S]:
    frame = rows.pandas
    frame['income'] = frame['income'] - frame[['income']].transform('cumsum')['income']
    return rows.derive(Meals, frame)
""",
        BY_KEY,
    ),
    "agg dict": (
        """
@stage
def prep(rows: Table[Meals, S]) -> Table[Meals, S]:
    frame = rows.pandas
    m = frame.agg({'income': 'mean'})
    frame['income'] = frame['income'] - m['income']
    return rows.derive(Meals, frame)
""",
        BY_KEY,
    ),
    "np vectorised sort": (
        """
@stage
def prep(rows: Table[Meals, S]) -> Table[Meals, S]:
    frame = rows.pandas
    order = np.argsort(frame['income'].to_numpy())
    frame['income'] = order.astype(float)
    return rows.derive(Meals, frame)
""",
        BY_KEY,
    ),
    "sorted list rank": (
        """
@stage
def prep(rows: Table[Meals, S]) -> Table[Meals, S]:
    frame = rows.pandas
    s = sorted(frame['income'])
    frame['income'] = frame['income'].map(s.index).astype(float)
    return rows.derive(Meals, frame)
""",
        BY_KEY,
    ),
    "counter": (
        """
@stage
def prep(rows: Table[Meals, S]) -> Table[Meals, S]:
    frame = rows.pandas
    from collections import Counter
    n = Counter(frame['street'])
    frame['income'] = frame['street'].map(n).astype(float)
    return rows.derive(Meals, frame)
""",
        BY_KEY,
    ),
    "dict of sums": (
        """
@stage
def prep(rows: Table[Meals, S]) -> Table[Meals, S]:
    frame = rows.pandas
    t = {}
    for r in frame.itertuples():
        t[r.street] = t.get(r.street, 0) + r.food
    frame['income'] = frame['street'].map(t)
    return rows.derive(Meals, frame)
""",
        BY_KEY,
    ),
    "statsmodels ols resid": (
        """
@stage
def prep(rows: Table[Meals, S]) -> Table[Meals, S]:
    frame = rows.pandas
    import statsmodels.api as sm
    frame['income'] = sm.OLS(frame['food'], frame['income']).fit().resid
    return rows.derive(Meals, frame)
""",
        BY_KEY,
    ),
    "target encoder lib": (
        """
@stage
def prep(rows: Table[Meals, S]) -> Table[Meals, S]:
    frame = rows.pandas
    from category_encoders import TargetEncoder
    frame['income'] = TargetEncoder().fit_transform(frame['street'], frame['food'])
    return rows.derive(Meals, frame)
""",
        BY_KEY,
    ),
    "umap": (
        """
@stage
def prep(rows: Table[Meals, S]) -> Table[Meals, S]:
    frame = rows.pandas
    import umap
    frame['income'] = umap.UMAP().fit_transform(frame[['income', 'food']])[:, 0]
    return rows.derive(Meals, frame)
""",
        BY_KEY,
    ),
    "quantile transformer fn": (
        """
@stage
def prep(rows: Table[Meals, S]) -> Table[Meals, S]:
    from sklearn import preprocessing, impute, decomposition, cluster, feature_selection, feature_extraction
    frame = rows.pandas
    frame['income'] = preprocessing.quantile_transform(frame[['income']])[:, 0]
    return rows.derive(Meals, frame)
""",
        BY_KEY,
    ),
    "label encoder": (
        """
@stage
def prep(rows: Table[Meals, S]) -> Table[Meals, S]:
    from sklearn import preprocessing, impute, decomposition, cluster, feature_selection, feature_extraction
    frame = rows.pandas
    frame['income'] = preprocessing.LabelEncoder().fit_transform(frame['street']).astype(float)
    return rows.derive(Meals, frame)
""",
        BY_KEY,
    ),
    "isolation forest": (
        """
@stage
def prep(rows: Table[Meals, S]) -> Table[Meals, S]:
    frame = rows.pandas
    from sklearn.ensemble import IsolationForest
    frame = frame[IsolationForest().fit_predict(frame[['income']]) == 1]
    return rows.derive(Meals, frame)
""",
        BY_KEY,
    ),
    "window lag in group future": (
        """
@stage
def prep(rows: Table[Days, S]) -> Table[Days, S]:
    frame = rows.pandas
    frame = frame.sort_values('day')
    frame['income'] = frame.groupby('household')['income'].shift(-1).fillna(0)
    return rows.derive(Days, frame)
""",
        BY_TIME,
    ),
    "resample mean": (
        """
@stage
def prep(rows: Table[Days, S]) -> Table[Days, S]:
    frame = rows.pandas
    m = frame.set_index('day')['income'].resample('7D').mean()
    frame['income'] = m.reindex(frame['day'], method='ffill').to_numpy()
    return rows.derive(Days, frame)
""",
        BY_TIME,
    ),
    "ewm": (
        """
@stage
def prep(rows: Table[Meals, S]) -> Table[Meals, S]:
    frame = rows.pandas
    frame['income'] = frame['income'].ewm(span=3).mean()
    return rows.derive(Meals, frame)
""",
        BY_KEY,
    ),
    "nlargest": (
        """
@stage
def prep(rows: Table[Meals, S]) -> Table[Meals, S]:
    frame = rows.pandas
    frame = frame.nlargest(100, 'income')
    return rows.derive(Meals, frame)
""",
        BY_KEY,
    ),
    "keras normalisation": (
        """
@stage
def prep(rows: Table[Meals, S]) -> Table[Meals, S]:
    frame = rows.pandas
    import keras
    n = keras.layers.Normalization()
    n.adapt(frame[['income']].to_numpy())
    frame['income'] = n(frame[['income']].to_numpy())[:, 0]
    return rows.derive(Meals, frame)
""",
        BY_KEY,
    ),
    "dask-ml style": (
        """
@stage
def prep(rows: Table[Meals, S]) -> Table[Meals, S]:
    frame = rows.pandas
    import dask.dataframe as dd
    d = dd.from_pandas(frame, npartitions=2)
    d['income'] = d['income'] - d['income'].mean()
    frame = d.compute()
    return rows.derive(Meals, frame)
""",
        BY_KEY,
    ),
    "numba mean": (
        """
def centre(x):
    t = 0.0
    for v in x:
        t += v
    return x - t / len(x)


@stage
def prep(rows: Table[Meals, S]) -> Table[Meals, S]:
    frame = rows.pandas
    frame['income'] = centre(frame['income'].to_numpy())
    return rows.derive(Meals, frame)
""",
        BY_KEY,
    ),
    "crosstab": (
        """
@stage
def prep(rows: Table[Meals, S]) -> Table[Meals, S]:
    frame = rows.pandas
    c = pd.crosstab(frame['street'], frame['income'] > 50, normalize='index')
    frame['income'] = frame['street'].map(c[True])
    return rows.derive(Meals, frame)
""",
        BY_KEY,
    ),
    "polars group": (
        """
@stage
def prep(rows: Table[Meals, S]) -> Table[Meals, S]:
    import polars as pl
    frame = rows.polars
    means = frame.group_by("street").agg(pl.col("food").mean().alias("level"))
    return rows.derive(Meals, frame.join(means, on="street").with_columns(income=pl.col("level")))
""",
        BY_KEY,
    ),
    "polars rank over": (
        """
@stage
def prep(rows: Table[Meals, S]) -> Table[Meals, S]:
    import polars as pl
    return rows.derive(Meals, rows.polars.with_columns(pl.col("income").rank().over("street").alias("income")))
""",
        BY_KEY,
    ),
    "joint scale two outputs": (
        """
from typing import NamedTuple

class Both(NamedTuple):
    train: Table[Meals, Train]
    test: Table[Meals, Test]

@stage
def scaled(train: Table[Meals, Train], test: Table[Meals, Test]) -> Both:
    both = pd.concat([train.pandas, test.pandas])
    m = both["income"].mean()
    a, b = train.pandas, test.pandas
    return Both(train.derive(Meals, a.assign(income=a["income"] - m)), test.derive(Meals, b.assign(income=b["income"] - m)))
""",
        """
halves = split(meals, by=Meals.household, test=0.25)
both = scaled(halves.train, halves.test)
off = error(guess(fit(both.train), both.test))
""",
    ),
    "early stopping": (
        """
@stage(codec="json")
def boost(train: Table[Meals], watch: Table[Meals]) -> Model[float]:
    return Model.of(float(train.pandas["food"].sum() / watch.pandas["income"].sum()))
""",
        """
halves = split(meals, by=Meals.household, test=0.25)
off = error(guess(boost(halves.train, halves.test), halves.test))
""",
    ),
    "aggregates of all joined": (
        """
class Means(Contract):
    street: Column[str] = column(key=True)
    level: Column[float]

@stage
def means(rows: Table[Meals, S]) -> Table[Means, S]:
    return rows.derive(Means, rows.pandas.groupby("street", as_index=False)["food"].mean().rename(columns={"food": "level"}))

@stage
def beside(rows: Table[Meals, S], level: Table[Means]) -> Table[Meals, S]:
    frame = rows.pandas.merge(level.pandas, on="street")
    return rows.derive(Meals, frame.assign(income=frame["level"]))
""",
        """
halves = split(meals, by=Meals.household, test=0.25)
level = means(meals)
off = error(guess(fit(beside(halves.train, level)), beside(halves.test, level)))
""",
    ),
    "vectoriser on all": (
        """
@stage
def vocabulary(rows: Table[Meals]) -> Value[list[str]]:
    return Value.of(sorted(set(rows.pandas["street"])))

@stage
def encode(words: Value[list[str]], rows: Table[Meals, S]) -> Table[Meals, S]:
    return rows.derive(Meals, rows.pandas.assign(income=rows.pandas["street"].map(words.value.index)))
""",
        """
halves = split(meals, by=Meals.household, test=0.25)
words = vocabulary(meals)
off = error(guess(fit(encode(words, halves.train)), encode(words, halves.test)))
""",
    ),
    "threshold on test": (
        """
@stage
def cut_at(told: Table[Guesses]) -> Value[float]:
    return Value.of(float(told.pandas["off"].median()))

@stage
def cut(level: Value[float], told: Table[Guesses, S]) -> Table[Guesses, S]:
    return told.derive(Guesses, told.pandas.assign(off=told.pandas["off"].clip(upper=level.value)))
""",
        """
halves = split(meals, by=Meals.household, test=0.25)
told = guess(fit(halves.train), halves.test)
off = error(cut(cut_at(told), told))
""",
    ),
    "stacked on test": (
        """
@stage(codec="json")
def meta(told: Table[Guesses]) -> Model[float]:
    return Model.of(float(told.pandas["off"].mean()))
""",
        """
halves = split(meals, by=Meals.household, test=0.25)
lower = meta(guess.named('base')(fit(halves.train), halves.test))
off = error(guess(lower, halves.test))
""",
    ),
    "pseudo labels of test": (
        """
class Told(Contract):
    household: Column[int] = column(key=True)
    income: Column[float]
    food: Column[float]

@stage
def label(model: Model[float], rows: Table[Meals, S]) -> Table[Told, S]:
    return rows.derive(Told, rows.pandas.assign(food=rows.pandas["income"] * model.value))

@stage
def both(one: Table[Meals], two: Table[Told]) -> Table[Told]:
    return Table.of(Told, pd.concat([one.pandas, two.pandas]))
""",
        """
halves = split(meals, by=Meals.household, test=0.25)
first = fit.named('first')(halves.train)
off = error(guess(fit(both(halves.train, label(first, halves.test))), halves.test))
""",
    ),
}
"""Pipelines with a finding of SL6."""

CLEAN: Mapping[str, tuple[str, str]] = {
    "row log": (
        """
@stage
def prep(rows: Table[Meals, S]) -> Table[Meals, S]:
    frame = rows.pandas
    frame['income'] = np.log1p(frame['income'])
    return rows.derive(Meals, frame)
""",
        BY_KEY,
    ),
    "row normaliser": (
        """
@stage
def prep(rows: Table[Meals, S]) -> Table[Meals, S]:
    from sklearn import preprocessing, impute, decomposition, cluster, feature_selection, feature_extraction
    frame = rows.pandas
    frame[['income','food']] = preprocessing.normalize(frame[['income','food']])
    return rows.derive(Meals, frame)
""",
        BY_KEY,
    ),
    "printed mean": (
        """
@stage
def prep(rows: Table[Meals, S]) -> Table[Meals, S]:
    frame = rows.pandas
    print(frame['income'].mean(), frame.describe())
    frame['income'] = frame['income'] / 100
    return rows.derive(Meals, frame)
""",
        BY_KEY,
    ),
    "asserted": (
        """
@stage
def prep(rows: Table[Meals, S]) -> Table[Meals, S]:
    frame = rows.pandas
    assert frame['household'].is_unique and frame['income'].max() < 1e9
    return rows.derive(Meals, frame)
""",
        BY_KEY,
    ),
    "row mean": (
        """
@stage
def prep(rows: Table[Meals, S]) -> Table[Meals, S]:
    frame = rows.pandas
    frame['income'] = frame[['income', 'food']].mean(axis=1)
    return rows.derive(Meals, frame)
""",
        BY_KEY,
    ),
    "row max numpy": (
        """
@stage
def prep(rows: Table[Meals, S]) -> Table[Meals, S]:
    frame = rows.pandas
    frame['income'] = frame[['income', 'food']].to_numpy().max(axis=1)
    return rows.derive(Meals, frame)
""",
        BY_KEY,
    ),
    "row apply": (
        """
@stage
def prep(rows: Table[Meals, S]) -> Table[Meals, S]:
    frame = rows.pandas
    frame['income'] = frame.apply(lambda r: max(r['income'], r['food']), axis=1)
    return rows.derive(Meals, frame)
""",
        BY_KEY,
    ),
    "fixed fill": (
        """
@stage
def prep(rows: Table[Meals, S]) -> Table[Meals, S]:
    frame = rows.pandas
    frame = frame.fillna({'income': 0.0})
    return rows.derive(Meals, frame)
""",
        BY_KEY,
    ),
    "fixed clip": (
        """
@stage
def prep(rows: Table[Meals, S]) -> Table[Meals, S]:
    frame = rows.pandas
    frame['income'] = frame['income'].clip(0, 1000)
    return rows.derive(Meals, frame)
""",
        BY_KEY,
    ),
    "text length": (
        """
@stage
def prep(rows: Table[Meals, S]) -> Table[Meals, S]:
    frame = rows.pandas
    frame['income'] = frame['street'].str.split().str.len().astype(float)
    return rows.derive(Meals, frame)
""",
        BY_KEY,
    ),
    "text max per row": (
        """
@stage
def prep(rows: Table[Meals, S]) -> Table[Meals, S]:
    frame = rows.pandas
    frame['income'] = frame['street'].apply(lambda s: float(max(map(len, s.split()))))
    return rows.derive(Meals, frame)
""",
        BY_KEY,
    ),
    "hash vectoriser": (
        """
@stage
def prep(rows: Table[Meals, S]) -> Table[Meals, S]:
    from sklearn import preprocessing, impute, decomposition, cluster, feature_selection, feature_extraction
    frame = rows.pandas
    v = feature_extraction.text.HashingVectorizer(n_features=8)
    frame['income'] = v.transform(frame['street']).toarray()[:, 0]
    return rows.derive(Meals, frame)
""",
        BY_KEY,
    ),
    "dropna": (
        """
@stage
def prep(rows: Table[Meals, S]) -> Table[Meals, S]:
    frame = rows.pandas
    frame = frame.dropna()
    return rows.derive(Meals, frame)
""",
        BY_KEY,
    ),
    "past window": (
        """
@stage
def prep(rows: Table[Days, S]) -> Table[Days, S]:
    frame = rows.pandas
    frame['income'] = frame.sort_values('day')['income'].rolling(5, min_periods=1).mean()
    return rows.derive(Days, frame)
""",
        BY_TIME,
    ),
    "previous day": (
        """
@stage
def prep(rows: Table[Days, S]) -> Table[Days, S]:
    frame = rows.pandas
    frame['income'] = frame.sort_values('day')['income'].shift(1).fillna(0.0)
    return rows.derive(Days, frame)
""",
        BY_TIME,
    ),
    "forward fill": (
        """
@stage
def prep(rows: Table[Days, S]) -> Table[Days, S]:
    frame = rows.pandas
    frame['income'] = frame['income'].ffill()
    return rows.derive(Days, frame)
""",
        BY_TIME,
    ),
    "asof backward": (
        """
@stage
def prep(rows: Table[Days, S]) -> Table[Days, S]:
    frame = rows.pandas
    other = frame[['day', 'income']].sort_values('day')
    days = frame[['day']].sort_values('day')
    before = pd.merge_asof(days, other, on='day', allow_exact_matches=False)
    frame['income'] = before['income'].fillna(0).to_numpy()
    return rows.derive(Days, frame)
""",
        BY_TIME,
    ),
    "expanding past": (
        """
@stage
def prep(rows: Table[Days, S]) -> Table[Days, S]:
    frame = rows.pandas
    frame['income'] = frame['income'].expanding().mean()
    return rows.derive(Days, frame)
""",
        BY_TIME,
    ),
    "dedupe exact": (
        """
@stage
def prep(rows: Table[Meals, S]) -> Table[Meals, S]:
    frame = rows.pandas
    frame = frame.drop_duplicates()
    return rows.derive(Meals, frame)
""",
        BY_KEY,
    ),
    "sorted": (
        """
@stage
def prep(rows: Table[Meals, S]) -> Table[Meals, S]:
    frame = rows.pandas
    frame = frame.sort_values('income').reset_index(drop=True)
    return rows.derive(Meals, frame)
""",
        BY_KEY,
    ),
    "shuffled": (
        """
@stage
def prep(rows: Table[Meals, S]) -> Table[Meals, S]:
    frame = rows.pandas
    frame = frame.sample(frac=1.0, random_state=1)
    return rows.derive(Meals, frame)
""",
        BY_KEY,
    ),
    "known limits": (
        """
@stage
def prep(rows: Table[Meals, S]) -> Table[Meals, S]:
    frame = rows.pandas
    lo, hi = 0.0, 200.0
    frame['income'] = (frame['income'] - lo) / (hi - lo)
    return rows.derive(Meals, frame)
""",
        BY_KEY,
    ),
    "list of rows": (
        """
@stage
def prep(rows: Table[Meals, S]) -> Table[Meals, S]:
    frame = rows.pandas
    frame['income'] = [min(r.income, r.food) for r in frame.itertuples()]
    return rows.derive(Meals, frame)
""",
        BY_KEY,
    ),
    "zip": (
        """
@stage
def prep(rows: Table[Meals, S]) -> Table[Meals, S]:
    frame = rows.pandas
    frame['income'] = [max(a, b) for a, b in zip(frame['income'], frame['food'])]
    return rows.derive(Meals, frame)
""",
        BY_KEY,
    ),
    "map dict": (
        """
@stage
def prep(rows: Table[Meals, S]) -> Table[Meals, S]:
    frame = rows.pandas
    frame['income'] = frame['street'].map({'street 1': 1.0}).fillna(0.0)
    return rows.derive(Meals, frame)
""",
        BY_KEY,
    ),
    "isin": (
        """
@stage
def prep(rows: Table[Meals, S]) -> Table[Meals, S]:
    frame = rows.pandas
    frame = frame[frame['street'].isin(['street 1', 'street 2'])]
    return rows.derive(Meals, frame)
""",
        BY_KEY,
    ),
    "vector norms": (
        """
@stage
def prep(rows: Table[Meals, S]) -> Table[Meals, S]:
    frame = rows.pandas
    frame['income'] = np.linalg.norm(frame[['income', 'food']].to_numpy(), axis=1)
    return rows.derive(Meals, frame)
""",
        BY_KEY,
    ),
    "per image stats": (
        """
@stage
def prep(rows: Table[Meals, S]) -> Table[Meals, S]:
    frame = rows.pandas
    frame['income'] = [float(np.mean(x)) for x in frame[['income', 'food']].to_numpy()]
    return rows.derive(Meals, frame)
""",
        BY_KEY,
    ),
    "softmax per row": (
        """
@stage
def prep(rows: Table[Meals, S]) -> Table[Meals, S]:
    frame = rows.pandas
    x = frame[['income', 'food']].to_numpy()
    e = np.exp(x - x.max(axis=1, keepdims=True))
    frame['income'] = (e / e.sum(axis=1, keepdims=True))[:, 0]
    return rows.derive(Meals, frame)
""",
        BY_KEY,
    ),
    "dt parts": (
        """
@stage
def prep(rows: Table[Days, S]) -> Table[Days, S]:
    frame = rows.pandas
    frame['income'] = frame['day'].dt.dayofweek.astype(float)
    return rows.derive(Days, frame)
""",
        BY_TIME,
    ),
    "cut fixed": (
        """
@stage
def prep(rows: Table[Meals, S]) -> Table[Meals, S]:
    frame = rows.pandas
    frame['income'] = pd.cut(frame['income'], [-1, 50, 1000], labels=False).astype(float)
    return rows.derive(Meals, frame)
""",
        BY_KEY,
    ),
    "melt strings": (
        """
@stage
def prep(rows: Table[Meals, S]) -> Table[Meals, S]:
    frame = rows.pandas
    frame['street'] = frame['street'].str.lower().str.replace(r'\\\\s+', ' ', regex=True)
    return rows.derive(Meals, frame)
""",
        BY_KEY,
    ),
    "regex count": (
        """
@stage
def prep(rows: Table[Meals, S]) -> Table[Meals, S]:
    frame = rows.pandas
    frame['income'] = frame['street'].str.count('e').astype(float)
    return rows.derive(Meals, frame)
""",
        BY_KEY,
    ),
    "helper per row": (
        """
def scaled(v):
    return (v - 20) / sum([30, 50])


@stage
def prep(rows: Table[Meals, S]) -> Table[Meals, S]:
    frame = rows.pandas
    frame['income'] = frame['income'].map(scaled)
    return rows.derive(Meals, frame)
""",
        BY_KEY,
    ),
    "config loop": (
        """
@stage
def prep(rows: Table[Meals, S]) -> Table[Meals, S]:
    frame = rows.pandas
    for c, limit in {'income': 100, 'food': 50}.items():
        frame[c] = frame[c].clip(upper=limit)
    return rows.derive(Meals, frame)
""",
        BY_KEY,
    ),
    "sql by row": (
        """
@stage
def prep(rows: Table[Meals, S]) -> Table[Meals, S]:
    frame = rows.pandas
    import duckdb
    frame = duckdb.sql('select household, street, income / 2 as income, food from frame where income > 3').df()
    return rows.derive(Meals, frame)
""",
        BY_KEY,
    ),
    "polars by row": (
        """
@stage
def prep(rows: Table[Meals, S]) -> Table[Meals, S]:
    import polars as pl
    frame = rows.polars.with_columns(income=pl.max_horizontal("income", "food"))
    return rows.derive(Meals, frame.filter(pl.col("income") > 3))
""",
        BY_KEY,
    ),
    "polars list mean": (
        """
@stage
def prep(rows: Table[Meals, S]) -> Table[Meals, S]:
    import polars as pl
    frame = rows.polars.with_columns(income=pl.concat_list("income", "food").list.mean())
    return rows.derive(Meals, frame)
""",
        BY_KEY,
    ),
    "torch row": (
        """
@stage
def prep(rows: Table[Meals, S]) -> Table[Meals, S]:
    frame = rows.pandas
    import torch
    x = torch.tensor(frame[['income', 'food']].to_numpy())
    frame['income'] = x.mean(dim=1).numpy()
    return rows.derive(Meals, frame)
""",
        BY_KEY,
    ),
    "loop totals printed": (
        """
@stage
def prep(rows: Table[Meals, S]) -> Table[Meals, S]:
    frame = rows.pandas
    total = 0.0
    for row in frame.itertuples():
        total += row.income
    print(total)
    return rows.derive(Meals, frame)
""",
        BY_KEY,
    ),
    "own scaler fixed": (
        """
class Fixed:
    def __init__(self, by):
        self.by = by
    def transform(self, x):
        return x / self.by


@stage
def prep(rows: Table[Meals, S]) -> Table[Meals, S]:
    frame = rows.pandas
    frame['income'] = Fixed(10.0).transform(frame['income'])
    return rows.derive(Meals, frame)
""",
        BY_KEY,
    ),
    "X without label": (
        """
class Bills(Contract):
    household: Column[int] = column(key=True)
    income: Column[float] = column(ge=0)
    food: Column[float] = column(role="label")

@stage(codec="pickle")
def learn(rows: Table[Bills, Train]) -> Model[object]:
    from sklearn.linear_model import LinearRegression
    frame = rows.pandas
    X = frame[["income"]]
    return Model.of(LinearRegression().fit(X, frame["food"]))
""",
        LEARNT,
    ),
    "X dropped label": (
        """
class Bills(Contract):
    household: Column[int] = column(key=True)
    income: Column[float] = column(ge=0)
    food: Column[float] = column(role="label")

@stage(codec="pickle")
def learn(rows: Table[Bills, Train]) -> Model[object]:
    from sklearn.linear_model import LinearRegression
    frame = rows.pandas
    X = frame.drop(columns=["household", "food"])
    return Model.of(LinearRegression().fit(X, frame["food"]))
""",
        LEARNT,
    ),
    "X dropped label var": (
        """
class Bills(Contract):
    household: Column[int] = column(key=True)
    income: Column[float] = column(ge=0)
    food: Column[float] = column(role="label")

@stage(codec="pickle")
def learn(rows: Table[Bills, Train]) -> Model[object]:
    from sklearn.linear_model import LinearRegression
    frame = rows.pandas
    drop = ["household", Bills.food]
    X = frame.drop(columns=drop)
    return Model.of(LinearRegression().fit(X, frame["food"]))
""",
        LEARNT,
    ),
    "popped label": (
        """
class Bills(Contract):
    household: Column[int] = column(key=True)
    income: Column[float] = column(ge=0)
    food: Column[float] = column(role="label")

@stage(codec="pickle")
def learn(rows: Table[Bills, Train]) -> Model[object]:
    from sklearn.linear_model import LinearRegression
    frame = rows.pandas
    y = frame.pop("food")
    return Model.of(LinearRegression().fit(frame, y))
""",
        LEARNT,
    ),
    "features list var": (
        """
class Bills(Contract):
    household: Column[int] = column(key=True)
    income: Column[float] = column(ge=0)
    food: Column[float] = column(role="label")

@stage(codec="pickle")
def learn(rows: Table[Bills, Train]) -> Model[object]:
    from sklearn.linear_model import LinearRegression
    frame = rows.pandas
    cols = [c for c in frame.columns if c not in ("household", "food")]
    return Model.of(LinearRegression().fit(frame[cols], frame["food"]))
""",
        LEARNT,
    ),
    "one fit arg": (
        """
class Bills(Contract):
    household: Column[int] = column(key=True)
    income: Column[float] = column(ge=0)
    food: Column[float] = column(role="label")

@stage(codec="pickle")
def learn(rows: Table[Bills, Train]) -> Model[object]:
    from sklearn.linear_model import LinearRegression
    frame = rows.pandas
    from sklearn.decomposition import PCA
    return Model.of(PCA().fit(frame))
""",
        LEARNT,
    ),
    "series map two": (
        """
@stage
def prep(rows: Table[Meals, S]) -> Table[Meals, S]:
    frame = rows.pandas
    frame['income'] = frame[['income']].map(lambda v: v / 2)['income']
    return rows.derive(Meals, frame)
""",
        BY_KEY,
    ),
    "where row": (
        """
@stage
def prep(rows: Table[Meals, S]) -> Table[Meals, S]:
    frame = rows.pandas
    frame['income'] = np.where(frame['income'] > 50, 1.0, 0.0)
    return rows.derive(Meals, frame)
""",
        BY_KEY,
    ),
    "loop with counter in row": (
        """
@stage
def prep(rows: Table[Meals, S]) -> Table[Meals, S]:
    frame = rows.pandas
    out = []
    for r in frame.itertuples():
        t = 0.0
        for v in (r.income, r.food):
            t += v
        out.append(t)
    frame['income'] = out
    return rows.derive(Meals, frame)
""",
        BY_KEY,
    ),
    "loop collects": (
        """
@stage
def prep(rows: Table[Meals, S]) -> Table[Meals, S]:
    frame = rows.pandas
    out = []
    for r in frame.itertuples():
        out += [r.income / 2]
    frame['income'] = out
    return rows.derive(Meals, frame)
""",
        BY_KEY,
    ),
    "query row": (
        """
@stage
def prep(rows: Table[Meals, S]) -> Table[Meals, S]:
    frame = rows.pandas
    frame = frame.query('income > 0 and food > 0')
    return rows.derive(Meals, frame)
""",
        BY_KEY,
    ),
    "eval row": (
        """
@stage
def prep(rows: Table[Meals, S]) -> Table[Meals, S]:
    frame = rows.pandas
    frame = frame.eval('income = income / food')
    return rows.derive(Meals, frame)
""",
        BY_KEY,
    ),
    "sql case": (
        """
@stage
def prep(rows: Table[Meals, S]) -> Table[Meals, S]:
    frame = rows.pandas
    import duckdb
    frame = duckdb.sql("select household, street, case when income > 3 then 1.0 else 0.0 end as income, food from frame").df()
    return rows.derive(Meals, frame)
""",
        BY_KEY,
    ),
    "greatest": (
        """
@stage
def prep(rows: Table[Meals, S]) -> Table[Meals, S]:
    frame = rows.pandas
    import duckdb
    frame = duckdb.query('select household, street, greatest(income, food) as income, food from frame').df()
    return rows.derive(Meals, frame)
""",
        BY_KEY,
    ),
    "torch train mode": (
        """
@stage
def prep(rows: Table[Meals, S]) -> Table[Meals, S]:
    frame = rows.pandas
    import torch
    net = torch.nn.Linear(2, 1)
    net.train()
    frame['income'] = net(torch.tensor(frame[['income', 'food']].to_numpy(dtype='float32')))[:, 0].detach().numpy()
    return rows.derive(Meals, frame)
""",
        BY_KEY,
    ),
    "vector rows smoothed": (
        """
@stage
def prep(rows: Table[Meals, S]) -> Table[Meals, S]:
    frame = rows.pandas
    from scipy.signal import savgol_filter
    x = np.stack(frame[['income', 'food']].to_numpy())
    frame['income'] = savgol_filter(x, 1, 0, axis=1)[:, 0]
    return rows.derive(Meals, frame)
""",
        BY_KEY,
    ),
    "apply row cols list": (
        """
@stage
def prep(rows: Table[Meals, S]) -> Table[Meals, S]:
    frame = rows.pandas
    cols = ['income', 'food']
    frame['income'] = frame[cols].apply(lambda r: r.mean(), axis=1)
    return rows.derive(Meals, frame)
""",
        BY_KEY,
    ),
    "single col apply": (
        """
@stage
def prep(rows: Table[Meals, S]) -> Table[Meals, S]:
    frame = rows.pandas
    frame['income'] = frame['income'].apply(lambda v: max(v, 3.0))
    return rows.derive(Meals, frame)
""",
        BY_KEY,
    ),
    "merge asof other": (
        """
@stage(role="map")
def prep(rows: Table[Days, S], extra: Table[Meals]) -> Table[Days, S]:
    frame = pd.merge_asof(rows.pandas.sort_values("day"), extra.pandas[["day"]].sort_values("day"), on="day")
    return rows.derive(Days, frame)
""",
        """
halves = split_by_time(prep(days, others), by=Days.day, test_from=dt.date(2026, 4, 1))
off = error(guess(fit(halves.train), halves.test))
""",
    ),
    "merge asof past self": (
        """
@stage
def prep(rows: Table[Days, S]) -> Table[Days, S]:
    frame = rows.pandas
    frame = frame.sort_values('day')
    frame['income'] = pd.merge_asof(frame, frame[['day', 'income']], on='day', allow_exact_matches=False)['income_y'].fillna(0)
    return rows.derive(Days, frame)
""",
        BY_TIME,
    ),
    "dict per row": (
        """
@stage
def prep(rows: Table[Meals, S]) -> Table[Meals, S]:
    frame = rows.pandas
    frame['income'] = [{'a': r.income}['a'] for r in frame.itertuples()]
    return rows.derive(Meals, frame)
""",
        BY_KEY,
    ),
    "shape only": (
        """
@stage
def prep(rows: Table[Meals, S]) -> Table[Meals, S]:
    frame = rows.pandas
    n = len(frame)
    print(n)
    frame['income'] = frame['income'] * 1.0
    return rows.derive(Meals, frame)
""",
        BY_KEY,
    ),
    "log sum printed": (
        """
@stage
def prep(rows: Table[Meals, S]) -> Table[Meals, S]:
    frame = rows.pandas
    t = 0.0
    for r in frame.itertuples():
        t += r.income
    print(t)
    frame['income'] = frame['income'] * 2
    return rows.derive(Meals, frame)
""",
        BY_KEY,
    ),
    "json per row": (
        """
@stage
def prep(rows: Table[Meals, S]) -> Table[Meals, S]:
    frame = rows.pandas
    import json
    frame['income'] = [float(len(json.dumps(r._asdict(), default=str))) for r in frame.itertuples()]
    return rows.derive(Meals, frame)
""",
        BY_KEY,
    ),
    "zfill": (
        """
@stage
def prep(rows: Table[Meals, S]) -> Table[Meals, S]:
    frame = rows.pandas
    frame['street'] = frame['street'].str.zfill(10).str.slice(0, 3)
    return rows.derive(Meals, frame)
""",
        BY_KEY,
    ),
    "groupby within unique key": (
        """
@stage
def prep(rows: Table[Meals, S]) -> Table[Meals, S]:
    frame = rows.pandas
    frame['income'] = frame.groupby('household')['income'].transform('mean')
    return rows.derive(Meals, frame)
""",
        BY_KEY,
    ),
    "early stopping on validation": (
        """
@stage(codec="json")
def boost(train: Table[Meals], watch: Table[Meals]) -> Model[float]:
    return Model.of(float(train.pandas["food"].sum() / watch.pandas["income"].sum()))
""",
        """
parts = split(meals, by=Meals.household, test=0.25, validation=0.25)
off = error(guess(boost(parts.train, parts.validation), parts.test))
""",
    ),
    "aggregates of train joined": (
        """
class Means(Contract):
    street: Column[str] = column(key=True)
    level: Column[float]

@stage
def means(rows: Table[Meals, S]) -> Table[Means, S]:
    return rows.derive(Means, rows.pandas.groupby("street", as_index=False)["food"].mean().rename(columns={"food": "level"}))

@stage
def beside(rows: Table[Meals, S], level: Table[Means]) -> Table[Meals, S]:
    frame = rows.pandas.merge(level.pandas, on="street")
    return rows.derive(Meals, frame.assign(income=frame["level"]))
""",
        """
halves = split(meals, by=Meals.household, test=0.25)
level = means(halves.train)
off = error(guess(fit(beside(halves.train, level)), beside(halves.test, level)))
""",
    ),
    "aggregates of others joined": (
        """
class Means(Contract):
    street: Column[str] = column(key=True)
    level: Column[float]

@stage
def means(rows: Table[Meals, S]) -> Table[Means, S]:
    return rows.derive(Means, rows.pandas.groupby("street", as_index=False)["food"].mean().rename(columns={"food": "level"}))

@stage
def beside(rows: Table[Meals, S], level: Table[Means]) -> Table[Meals, S]:
    frame = rows.pandas.merge(level.pandas, on="street")
    return rows.derive(Meals, frame.assign(income=frame["level"]))
""",
        """
halves = split(meals, by=Meals.household, test=0.25)
level = means(others)
off = error(guess(fit(beside(halves.train, level)), beside(halves.test, level)))
""",
    ),
    "vectoriser on train": (
        """
@stage
def vocabulary(rows: Table[Meals]) -> Value[list[str]]:
    return Value.of(sorted(set(rows.pandas["street"])))

@stage
def encode(words: Value[list[str]], rows: Table[Meals, S]) -> Table[Meals, S]:
    return rows.derive(Meals, rows.pandas.assign(income=rows.pandas["street"].map(words.value.index)))
""",
        """
halves = split(meals, by=Meals.household, test=0.25)
words = vocabulary(halves.train)
off = error(guess(fit(encode(words, halves.train)), encode(words, halves.test)))
""",
    ),
    "threshold on validation": (
        """
@stage
def cut_at(told: Table[Guesses]) -> Value[float]:
    return Value.of(float(told.pandas["off"].median()))

@stage
def cut(level: Value[float], told: Table[Guesses, S]) -> Table[Guesses, S]:
    return told.derive(Guesses, told.pandas.assign(off=told.pandas["off"].clip(upper=level.value)))
""",
        """
parts = split(meals, by=Meals.household, test=0.25, validation=0.25)
model = fit(parts.train)
level = cut_at(guess(model, parts.validation))
off = error(cut(level, guess(model, parts.test)))
""",
    ),
    "stacked on folds of train": (
        """
@stage(codec="json")
def meta(told: Table[Guesses]) -> Model[float]:
    return Model.of(float(told.pandas["off"].mean()))

@stage
def pool(*told: Table[Guesses, S]) -> Table[Guesses, S]:
    return told[0].derive(Guesses, pd.concat([each.pandas for each in told]))
""",
        """
halves = split(meals, by=Meals.household, test=0.25)
told = []
for number, part in enumerate(folds(halves.train, by=Meals.household, n=3, held_out=Validation)):
    with scope(f"fold{number}"):
        told.append(guess.named("base")(fit(part.train), part.held_out))
off = error(guess(meta(pool(*told)), halves.test))
""",
    ),
    "scaled by train": (
        """
@stage
def scale(train: Table[Meals, Train], rows: Table[Meals, S]) -> Table[Meals, S]:
    m = train.pandas["income"].mean()
    return rows.derive(Meals, rows.pandas.assign(income=rows.pandas["income"] - m))
""",
        """
halves = split(meals, by=Meals.household, test=0.25)
off = error(guess(fit(halves.train), scale(halves.train, halves.test)))
""",
    ),
}
"""Pipelines without one."""
