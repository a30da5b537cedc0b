"""Texts of a CSV or JSON file as values of a contract's type."""

from __future__ import annotations

from typing import Any, final

import pyarrow as pa
import pyarrow.compute as pc
from attrs import frozen

from stagelang_runtime.gates.types import AWARE, arrow_type, item_type

_ZONE = r"^.{10}[ T]\d\d.*(?:Z|[+-]\d\d(?::?\d\d)?)$"


@final
@frozen
class Parsed:
    """The values; or None, the mask of the texts that are none, and what else to say of them."""

    column: pa.ChunkedArray | None
    bad: Any = None
    why: str = ""


def parse_texts(texts: pa.ChunkedArray, type: str) -> Parsed:
    """Read texts as values: numbers and ISO 8601 dates and times, 'true' and 'false' or '1' and '0'; bytes are UTF-8.

    An empty text is a missing value, except in a column of texts or bytes, which are taken as they are.
    Times have a zone or none, all alike.
    """
    if item_type(type) is not None:
        return Parsed(None, texts.is_valid(), "only Parquet and JSON lines hold lists")
    if type in ("str", "bytes"):
        return Parsed(texts.cast(arrow_type(type)))
    trimmed = pc.utf8_trim_whitespace(texts)
    filled = pc.if_else(pc.equal(trimmed, ""), pa.scalar(None, pa.string()), trimmed)
    if type == "time":
        return _times(filled)
    if type != "datetime":
        return _cast(filled, arrow_type(type))
    aware = pc.match_substring_regex(filled, _ZONE)
    some = pc.min_max(aware).as_py()
    if some["min"] is not None and some["min"] != some["max"]:
        return Parsed(None, pc.invert(aware), "other times have a zone, this one has none")
    return _cast(filled, AWARE if some["max"] else arrow_type(type))


def _times(texts: Any) -> Parsed:
    # Arrow reads no time of day without its day.
    moments = pc.binary_join_element_wise(pa.scalar("1970-01-01"), texts, pa.scalar("T"))
    parsed = _cast(moments, pa.timestamp("us"))
    if parsed.column is None:
        return parsed
    return Parsed(parsed.column.cast(pa.int64()).cast(pa.time64("us")))


def _cast(texts: Any, target: pa.DataType) -> Parsed:
    try:
        return Parsed(texts.cast(target))
    except pa.ArrowException:
        pass
    if target == pa.int64():
        # As written by programs that keep ints with missing values as floats: the text still says a whole number.
        texts = pc.replace_substring_regex(texts, r"^\+?(-?\d+)(?:\.0*)?$", r"\1")
    distinct = texts.unique().drop_null()
    bad = [text for text in distinct.to_pylist() if not _is_one(text, target)]
    if not bad:
        return Parsed(texts.cast(target))
    return Parsed(None, pc.is_in(texts, value_set=pa.array(bad, pa.string())))


def _is_one(text: str, target: pa.DataType) -> bool:
    try:
        pa.scalar(text).cast(target)
    except pa.ArrowException:
        return False
    return True
