"""Re-create scans.parquet from the copy of the UCI digits that scikit-learn ships."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq
from sklearn.datasets import load_digits  # pyright: ignore[reportUnknownVariableType]

PIXELS = 64


def scans() -> pa.Table:
    """Return the 1,797 scans: scan_id, pixels (64 values from 0 to 16, row by row) and label (0 to 9)."""
    loaded = load_digits(return_X_y=True)  # pyright: ignore[reportUnknownVariableType]
    pixels, labels = cast("tuple[npt.NDArray[np.float64], npt.NDArray[np.int64]]", loaded)
    return pa.table(
        {
            "scan_id": pa.array(np.arange(len(labels), dtype=np.int64)),
            "pixels": pa.FixedSizeListArray.from_arrays(pa.array(pixels.ravel()), PIXELS),
            "label": pa.array(labels.astype(np.int64)),
        }
    )


if __name__ == "__main__":
    pq.write_table(scans(), Path(__file__).with_name("scans.parquet"), compression="zstd")
