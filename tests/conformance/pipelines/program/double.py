"""Multiply the amounts of a CSV file."""

import csv
import sys
from pathlib import Path

rows, out, factor = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
with rows.open(encoding="utf-8") as lines, out.open("w", encoding="utf-8") as written:
    writer = csv.writer(written)
    for number, (row_id, amount) in enumerate(csv.reader(lines)):
        writer.writerow((row_id, amount if number == 0 else float(amount) * factor))
