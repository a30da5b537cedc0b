"""Stages that are said to treat each row by itself are asked whether they do: twenty that lie, and twenty that don't."""

from __future__ import annotations

from pathlib import Path

from stagelang_compiler.checks.leakage.row_wise import row_wise
from stagelang_compiler.compiler import check_file
from stagelang_runtime.audit import audit_rows
from stagelang_runtime.execute.results import RunOptions
from stagelang_runtime.store import Store
from tests.corpus.leakage.language import Program
from tests.corpus.leakage.oracle import data

_SET = "frame.assign(income={})"
DISHONEST = {
    "rolling mean": _SET.format("frame['income'].rolling(3, min_periods=1).mean()"),
    "rank": _SET.format("frame['income'].rank()"),
    "global z-score": _SET.format(
        "((frame['income'] - frame['income'].mean()) / frame['income'].std()).abs()"
    ),
    "fillna with the mean": _SET.format(
        "frame['income'].where(frame['income'] > 50).fillna(frame['income'].mean())"
    ),
    "dedupe": "frame.drop_duplicates('street')",
    "forward fill": _SET.format("frame['income'].where(frame['income'] > 50).ffill().fillna(0.0)"),
    "minimum and maximum": _SET.format("(frame['income'] - frame['income'].min()) / np.ptp(frame['income'])"),
    "difference to the row before": _SET.format("frame['income'].diff().abs().fillna(0.0)"),
    "cumulative sum": _SET.format("frame['income'].cumsum()"),
    "shift": _SET.format("frame['income'].shift(-1).fillna(0.0)"),
    "mean of the group": _SET.format("frame.groupby('street')['income'].transform('mean')"),
    "count of the group": _SET.format("frame.groupby('street')['income'].transform('size').astype(float)"),
    "quantile bins": _SET.format("pd.qcut(frame['income'], 10, labels=False).astype(float)"),
    "codes in order of appearance": _SET.format("pd.factorize(frame['street'])[0].astype(float)"),
    "the row's number": _SET.format("np.arange(len(frame)).astype(float)"),
    "the first rows": "frame.head(20)",
    "a random sample": "frame.sample(frac=0.5, random_state=1)",
    "noise in the order of rows": _SET.format(
        "frame['income'] + np.random.default_rng(0).uniform(0, 1, len(frame))"
    ),
    "a scaler": _SET.format("np.abs(StandardScaler().fit_transform(frame[['income']])[:, 0])"),
    "outliers cut at a quantile": _SET.format("frame['income'].clip(upper=frame['income'].quantile(0.9))"),
}
HONEST = {
    "as it came": "frame",
    "a factor": _SET.format("frame['income'] / 1000"),
    "a logarithm": _SET.format("np.log1p(frame['income'])"),
    "a filter": "frame[frame['income'] > 50]",
    "a ratio of columns": _SET.format("frame['income'] / (1 + frame['food'].abs())"),
    "a fixed limit": _SET.format("frame['income'].clip(upper=80)"),
    "fixed bins": _SET.format("pd.cut(frame['income'], [-1, 40, 70, 1000], labels=False).astype(float)"),
    "filled with a constant": _SET.format("frame['income'].where(frame['income'] > 50).fillna(0.0)"),
    "the length of a text": _SET.format("frame['street'].str.len().astype(float)"),
    "a lookup": _SET.format("frame['street'].map({'street 1': 1.0}).fillna(0.0)"),
    "row by row": _SET.format("[row.income / 2 for row in frame.itertuples()]"),
    "apply along rows": _SET.format("frame.apply(lambda row: row['income'] * 3, axis=1)"),
    "the mean of a row": _SET.format("frame[['income', 'food']].mean(axis=1).abs()"),
    "sorted": "frame.sort_values('income')",
    "in another order": "frame.iloc[::-1]",
    "each row twice": "pd.concat([frame, frame.assign(household=frame['household'] + 10**6)])",
    "a hash of the key": _SET.format("pd.util.hash_array(frame['household'].to_numpy()) / 2.0**64"),
    "noise by the key": _SET.format("[np.random.default_rng(key).uniform() for key in frame['household']]"),
    "a matrix product": _SET.format("np.abs(frame[['income', 'food']].to_numpy() @ np.array([0.3, 0.7]))"),
    "rows without a street": "frame[frame['street'].notna()]",
}
NOT_SHOWN = {
    "a place as a number": "frame.sort_values('food').reset_index(drop=True).assign(income=lambda rows: (rows.index + 1) / 10)",
    "numbers in an order": "frame.sort_values('food').assign(income=np.arange(len(frame)) + 1.0)",
    "the number of rows": _SET.format("frame['income'] / len(frame)"),
    "the first of an array": _SET.format("frame['income'] / frame['income'].to_numpy()[0]"),
    "a name put together": _SET.format("frame['income'] / getattr(frame['income'], 'me' + 'an')()"),
}
"""Which `docs/explanations/leakage.md` says that no body shows and that the audit sees."""
_STAGE = """
@stage(role="map")
def {name}(table: Table[Meals, S]) -> Table[Meals, S]:
    from sklearn.preprocessing import StandardScaler

    frame = table.pandas
    return table.derive(Meals, {body})

"""


def _verdicts(folder: Path, bodies: dict[str, str]) -> dict[str, str]:
    """Ask all stages, each of which reads the source by itself."""
    for name, table in data().items():
        table.to_csv(folder / name, index=False)
    names = {f"do_{number}": what for number, what in enumerate(bodies)}
    stages = "".join(_STAGE.format(name=name, body=bodies[what]) for name, what in names.items())
    wiring = (
        f"pipeline = Pipeline('food', seed=1, outputs=[{', '.join(f'{name}(meals)' for name in names)}])\n"
    )
    text = Program(kind="", name="", codes=(), stages=stages, wiring=wiring).text
    (folder / "pipeline.py").write_text(text, encoding="utf-8")
    checked = check_file(folder / "pipeline.py")
    assert checked.graph is not None and checked.plan is not None, checked.diagnostics
    store = Store.open_or_create(folder / ".stagelang" / "store")
    options = RunOptions(jobs=2)
    found = audit_rows(
        checked.plan, root=folder, store=store, options=options, row_wise=row_wise(checked.graph)
    )
    assert {each.what for each in found} == {"rows alone"}
    return {names[each.said.split("'")[1]]: each.verdict for each in found}


def test_twenty_dishonest_maps_are_found_out(tmp_path: Path) -> None:
    assert len(DISHONEST) == 20
    assert _verdicts(tmp_path, DISHONEST) == dict.fromkeys(DISHONEST, "fail")


def test_twenty_honest_maps_are_not(tmp_path: Path) -> None:
    assert len(HONEST) == 20
    assert _verdicts(tmp_path, HONEST) == dict.fromkeys(HONEST, "pass")


def test_what_no_body_shows_is_found_out_too(tmp_path: Path) -> None:
    assert _verdicts(tmp_path, NOT_SHOWN) == dict.fromkeys(NOT_SHOWN, "fail")
