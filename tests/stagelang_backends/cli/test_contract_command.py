"""What `stagelang contract` writes, and what it says gets lost."""

from __future__ import annotations

from pathlib import Path

from tests.stagelang_backends.cli.conftest import Call

FILE = """\
apiVersion: v3.1.0
kind: DataContract
id: Rides
name: Rides
version: "0"
status: active
customProperties:
  - property: stagelangUnversioned
    value: true
schema:
  - name: Rides
    logicalType: object
    physicalType: table
    quality:
      - metric: rowCount
        mustBeGreaterOrEqualTo: 1
    properties:
      - name: ride
        logicalType: integer
        logicalTypeOptions:
          format: i64
        required: true
        unique: true
        primaryKey: true
        primaryKeyPosition: 1
      - name: fare
        logicalType: number
        logicalTypeOptions:
          format: f64
          minimum: 0
        required: true
        customProperties:
          - property: stagelangUnit
            value:
              text: USD
              factor: 1.0
              powers:
                USD: 1
"""
LOST = """\
lost: Rides: no version: the standard asks for one, so it is written as 0
lost: Rides.fare: the unit: kept as a custom property, which other tools don't read
"""
MODULE = '''\
"""Contracts of rides.odcs.yaml."""

from __future__ import annotations

from stagelang import Column, Contract, column
from stagelang import units as u


class Rides(Contract):
    ride: Column[int] = column(key=True)
    fare: Column[float] = column(ge=0, unit=u.USD)
'''


def test_a_contract_is_written_and_comes_back(folder: Path, call: Call) -> None:
    assert call("contract", "export") == (0, FILE, LOST)
    assert call("contract", "export", "--contract", "Rides", "--strict") == (1, FILE, LOST)
    assert call("contract", "export", "-o", "out") == (0, "wrote out/Rides.odcs.yaml\n", LOST)
    (folder / "rides.odcs.yaml").write_text((folder / "out" / "Rides.odcs.yaml").read_text())
    assert call("contract", "import", "rides.odcs.yaml", "--strict") == (0, MODULE, "")
    assert call("contract", "import", "rides.odcs.yaml", "-o", "made.py") == (0, "wrote made.py\n", "")
    assert (folder / "made.py").read_text() == MODULE


def test_what_can_not_be_done_says_what_can(folder: Path, call: Call) -> None:
    said = call("contract", "export", "--contract", "Ride")
    assert said == (2, "", "error: the pipeline has no contract 'Ride'\n  help: did you mean 'Rides'?\n")
    said = call("contract", "import", "none.yaml")
    assert said.code == 2
    assert said.err.startswith("error: can't read 'none.yaml': ")
    (folder / "bad.yaml").write_text("kind: DataContract\n")
    said = call("contract", "import", "bad.yaml")
    assert (said.code, said.out, said.err) == (2, "", REFUSED)


REFUSED = """\
error: bad.yaml:1: the file: 'apiVersion' is missing
error: bad.yaml:1: the file: 'id' is missing
error: bad.yaml:1: the file: 'status' is missing
error: bad.yaml:1: the file: 'version' is missing
error: bad.yaml:1: the file: there is no schema, so there is no contract in it
error: 'bad.yaml' is no contract of the standard
  help: correct these lines
"""


def test_a_pipeline_with_errors_gives_its_findings(folder: Path, call: Call) -> None:
    (folder / "pipeline.py").write_text("x = 1\n")
    said = call("contract", "export")
    assert (said.code, said.out, said.err.startswith("error[SL")) == (1, "", True)
