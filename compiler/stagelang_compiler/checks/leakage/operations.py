"""Names of operations that compute across rows, in pandas, polars, Arrow, numpy and scikit-learn, and how each does."""

from __future__ import annotations

from typing import Final


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


REDUCTIONS: Final = _words(
    "mean median std var sem min max sum prod argmax argmin cumsum cumprod cummax cummin average nanmean nanmedian nanstd nanvar "
    "nanmin nanmax nansum ptp percentile quantile nanpercentile nanquantile diff argsort norm gradient"
)
"""Computed across rows unless an axis says that it is along each row."""

WITHOUT_AXIS: Final = _words(
    "mode nunique unique n_unique value_counts skew kurt kurtosis rank shift pct_change rolling expanding ewm interpolate ffill bfill "
    "pad backfill forward_fill backward_fill pivot pivot_table crosstab corr cov corrcoef corrwith describe nlargest nsmallest top_k "
    "factorize get_dummies to_dummies qcut idxmax idxmin min_max agg aggregate histogram histogram2d bincount polyfit lstsq "
    "svd eig eigh pinv curve_fit minimize minimize_scalar linregress zscore rankdata gaussian_kde "
    "rolling_mean rolling_std rolling_sum rolling_min rolling_max rolling_median ewm_mean cum_sum cum_prod cum_max cum_min "
    "boxcox yeojohnson seasonal_decompose STL "
    "roll fft ifft rfft irfft dct histogram_bin_edges cdist pdist pairwise_distances cosine_similarity euclidean_distances "
    "linear_kernel rbf_kernel polynomial_kernel KDTree cKDTree BallTree fsum "
    "cum_count cumcount ngroup pmean pstdev pvariance fmean stdev variance"
)
"""Computed across rows, always."""

ESTIMATORS: Final = _words(
    "fit fit_transform fit_predict fit_resample partial_fit scale minmax_scale maxabs_scale robust_scale quantile_transform "
    "power_transform cross_val_predict cross_val_score mutual_info_classif mutual_info_regression f_classif f_regression chi2 "
    "dmatrix dmatrices build_vocab_from_iterator train adapt"
)
"""Learn something from all rows that they are given."""

SERIES: Final = _words(
    "savgol_filter detrend lowess medfilt wiener gaussian_filter1d uniform_filter1d median_filter filtfilt convolve correlate hilbert"
)
"""Computed along a series of values: across rows, where that is one column."""

SQL: Final = _words("sql query execute sqldf")
"""Run a text of SQL over the frames that it names, or an expression over the frame that they are called on."""

DEDUPLICATIONS: Final = frozenset(["drop_duplicates", "duplicated", "unique_rows"])
"""Compare rows; rows that are equal in the columns named, or in all of them."""

GROUPS: Final = frozenset(["groupby", "group_by", "partition_by"])
"""Part rows by columns, so that what follows computes within each group."""

WINDOWS: Final = frozenset(["rolling", "expanding", "ewm"])
"""Give an object that computes within the same rows later."""

PAST: Final = _words(
    "shift rolling expanding ewm ffill pad forward_fill cumsum cumprod cummax cummin cum_sum cum_prod cum_max cum_min cum_count "
    "cumcount diff pct_change rolling_mean rolling_std rolling_sum rolling_min rolling_max rolling_median ewm_mean"
)
"""See earlier rows only, unless an argument says otherwise: in the order of time they carry nothing back."""

BY_ITEM: Final = _words("map applymap map_elements map_rows itertuples iterrows iter_rows to_pylist")
"""Hand each value or row to a function or a loop, by itself."""

COLUMNS: Final = _words(
    "groupby group_by partition_by items iteritems iter_columns array_split split iter_slices itercolumns get_columns"
)
"""Looping over what these give is looping over parts that hold many rows."""

PRODUCTS: Final = _words("dot inner outer vdot kron")
"""Bring each row of one operand together with each of the other's."""

DRAWS: Final = _words("choice choices integers randint")
"""Draw numbers of rows, the same one several times perhaps."""

SORTS: Final = _words("sort_values sort_index sort sort_by")
"""Put rows in another order: backwards, if told so."""

CHAINS: Final = _words("append concatenate hstack insert")
"""Put values behind each other; where they are cut off at one end before, all others move."""

FILLS: Final[frozenset[object]] = frozenset(["ffill", "pad", "bfill", "backfill"])
"""Ways of `fillna` to take a neighbour's value."""

BUILTINS: Final = frozenset(["max", "min", "sum", "sorted", "set", "Counter"])
"""Functions of one iterable that compute across what is in it."""

EXPRESSIONS: Final = frozenset(
    ["pl.col", "pl.all", "pl.nth", "pl.element", "polars.col", "polars.all", "pc.field"]
)
"""Stand for a column of whatever frame they are used in."""

ALONG_ROWS: Final[frozenset[object]] = frozenset([1, -1, 2, -2, 3, "columns"])
"""Axes within each row."""

FIRST_IS_NO_AXIS: Final = _words("quantile percentile nanpercentile nanquantile diff average")
"""Reductions whose first argument is something else."""

DESCRIPTIONS: Final = _words("columns dtypes dtype shape ndim schema column_names width empty")
"""Attributes that say what a frame looks like, and nothing of what its rows hold."""

TRAINING: Final = _words("train backward step train_on_batch fmin solve train_new_from_iterator update")
"""Learn something, in libraries whose word for it isn't fit."""

PRETRAINED: Final = _words(
    "from_pretrained SentenceTransformer load_facebook_model load_facebook_vectors load_word2vec_format TextEmbedding CrossEncoder "
    "create_model_and_transforms"
)
"""Fetch something fitted elsewhere."""

PRETRAINED_PATHS: Final = frozenset(
    ["hub.load", "hub.KerasLayer", "spacy.load", "api.load", "downloader.load"]
)
"""The same, by names that mean it only with their module's."""

UNPICKLING: Final = frozenset(["joblib.load", "pickle.load", "torch.load", "skops.load", "cloudpickle.load"])
"""Load an object from a file; from one that no input names, where the stage takes no files."""

TELLING: Final = (
    REDUCTIONS | WITHOUT_AXIS | ESTIMATORS | SERIES | SQL | DEDUPLICATIONS | GROUPS | BUILTINS
    | PRODUCTS | DRAWS | CHAINS
    | {"eval", "merge_asof", "transform", "sample", "resample", "repeat", "tile", "concat"}
    | {"apply", "codes", "cut", "einsum", "method", "iloc", "map", "merge", "range", "reduce", "searchsorted"}
)  # fmt: skip
"""Names without one of which no call computes across rows or makes several of one."""
