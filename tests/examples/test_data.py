"""The examples' data are what their pages say, and the digits are what their script makes."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

EXAMPLES = Path(__file__).parents[2] / "examples"
DIGITS = EXAMPLES / "digit_reader" / "data"
FLIGHTS = EXAMPLES / "flight_delays" / "data"


def _range(column: pd.Series[Any]) -> tuple[Any, Any, int]:
    return column.min(), column.max(), int(column.isna().sum())


def test_the_committed_scans_are_what_their_script_makes() -> None:
    made = runpy.run_path(str(DIGITS / "make_data.py"))["scans"]()
    assert pq.read_table(DIGITS / "scans.parquet").equals(made)


def test_the_scans_are_1797_whole_grids_of_64_pixels() -> None:
    scans = pq.read_table(DIGITS / "scans.parquet")
    assert scans.schema.remove_metadata() == pa.schema(
        [("scan_id", pa.int64()), ("pixels", pa.list_(pa.float64(), 64)), ("label", pa.int64())]
    )
    assert scans.num_rows == 1797
    assert [column.null_count for column in scans.columns] == [0, 0, 0]


def test_the_departures_have_the_ranges_and_gaps_that_their_page_says() -> None:
    flights = pq.read_table(FLIGHTS / "departures.parquet").to_pandas()
    assert len(flights) == 39_951
    assert _range(flights["flight_id"]) == (0, 39_950, 0)
    assert _range(flights["distance"]) == (80, 4963, 0)
    assert _range(flights["departure_delay"]) == (-22, 1126, 1364)
    assert _range(flights["arrival_delay"]) == (-70, 1109, 1514)
    assert int(flights["tail_number"].isna().sum()) == 287
    assert flights["service_day"].nunique() == 120
    assert flights["scheduled_departure"].is_monotonic_increasing
    assert not flights.duplicated(["carrier", "flight_number", "service_day"]).any()


def test_the_weather_still_has_the_wind_of_1048_mph_and_four_absent_hours() -> None:
    weather = pd.read_csv(FLIGHTS / "weather.csv", parse_dates=["hour"])
    assert len(weather) == 2874
    storms = weather[weather["wind_speed"] > 60]
    assert storms["hour"].astype(str).tolist() == ["2013-02-12 08:00:00+00:00"]
    assert storms["wind_speed"].tolist() == [1048.36058]
    hours = pd.date_range(weather["hour"].min(), weather["hour"].max(), freq="h")
    assert [str(hour) for hour in hours.difference(pd.DatetimeIndex(weather["hour"]))] == [
        "2013-01-01 17:00:00+00:00",
        "2013-02-18 04:00:00+00:00",
        "2013-02-20 19:00:00+00:00",
        "2013-02-21 05:00:00+00:00",
    ]
