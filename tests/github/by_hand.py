"""A workflow written by hand, of the shape that the emitter gives: the harness is tried on it."""

CHECKOUT = "actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1"
SETUP_PYTHON = "actions/setup-python@5fda3b95a4ea91299a34e894583c3862153e4b97 # v7.0.0"
UPLOAD = "actions/upload-artifact@043fb46d1a93c77aae656e7c1c64a875d1fc6a0a # v7.0.1"
DOWNLOAD = "actions/download-artifact@3e5f45b2cfb9172054b4087a40e8e0b5a5461e7c # v8.0.1"
RESTORE = "actions/cache/restore@55cc8345863c7cc4c66a329aec7e433d2d1c52a9 # v6.1.0"
SAVE = "actions/cache/save@55cc8345863c7cc4c66a329aec7e433d2d1c52a9 # v6.1.0"

CAREFUL = f"""\
name: careful
on:
  push:
    branches: [main]
  pull_request:
  workflow_dispatch:
    inputs:
      full:
        description: Run everything
        type: boolean
        default: false
permissions: {{}}
concurrency:
  group: careful-${{{{ github.ref }}}}
  cancel-in-progress: true
defaults:
  run:
    shell: bash
jobs:
  plan:
    name: Plan
    runs-on: ubuntu-24.04
    timeout-minutes: 5
    permissions:
      contents: read
      actions: read # to list caches
    outputs:
      run: ${{{{ steps.plan.outputs.run }}}}
    steps:
      - uses: {CHECKOUT}
        with:
          persist-credentials: false
      - uses: {SETUP_PYTHON}
        with:
          python-version: "3.11"
      - id: plan
        env:
          FULL: ${{{{ inputs.full }}}}
          GH_TOKEN: ${{{{ github.token }}}}
        run: FULL="$FULL" python plan.py
  sort:
    name: Sort
    needs: [plan]
    if: ${{{{ !cancelled() && !failure() && contains(fromJSON(needs.plan.outputs.run), 'sort') }}}}
    runs-on: ubuntu-24.04
    timeout-minutes: 5
    permissions:
      contents: read
    strategy:
      fail-fast: false
      matrix:
        shard: [1, 2]
    steps:
      - uses: {CHECKOUT}
        with:
          persist-credentials: false
      - env:
          SHARD: ${{{{ matrix.shard }}}}
        run: |
          echo "sorting $SHARD"
          mkdir -p out
          sort "letters-$SHARD.txt" > "out/sorted-$SHARD.txt"
      - uses: {SAVE}
        with:
          path: out
          key: sorted-${{{{ matrix.shard }}}}-${{{{ github.sha }}}}
      - uses: {UPLOAD}
        with:
          name: sorted.${{{{ matrix.shard }}}}
          path: out
          retention-days: 3
  join:
    name: Join
    needs: [plan, sort]
    if: ${{{{ !cancelled() && !failure() && contains(fromJSON(needs.plan.outputs.run), 'join') }}}}
    runs-on: ubuntu-24.04
    timeout-minutes: 5
    permissions: {{}}
    steps:
      - uses: {DOWNLOAD}
        with:
          pattern: sorted.{{1,2}}
          path: in
          merge-multiple: true
      - run: |
          cat in/sorted-*.txt
          echo "::notice title=joined::$(cat in/sorted-*.txt | wc -l) lines"
  gate:
    name: Gate
    needs: [plan, sort, join]
    if: ${{{{ always() }}}}
    runs-on: ubuntu-24.04
    timeout-minutes: 5
    permissions: {{}}
    steps:
      - env:
          NEEDS: ${{{{ toJSON(needs) }}}}
        run: |
          echo "$NEEDS" >> "$GITHUB_STEP_SUMMARY"
          ! grep -qE 'failure|cancelled' <<< "$NEEDS"
"""

PLAN = """\
import json, os, urllib.request
ask = urllib.request.Request(
    os.environ["GITHUB_API_URL"] + "/repos/" + os.environ["GITHUB_REPOSITORY"] + "/actions/caches?key=sorted-",
    headers={"Authorization": "Bearer " + os.environ["GH_TOKEN"]},
)
keys = [row["key"] for row in json.load(urllib.request.urlopen(ask))["actions_caches"]]
sha = os.environ["GITHUB_SHA"]
todo = os.environ["FULL"] == "true" or any(f"sorted-{n}-{sha}" not in keys for n in (1, 2))
with open(os.environ["GITHUB_OUTPUT"], "a") as out:
    print("run=" + json.dumps(["sort", "join"] if todo else []), file=out)
"""

FILES = {
    ".github/workflows/pipeline.yml": CAREFUL,
    "plan.py": PLAN,
    "letters-1.txt": "c\na\nb\n",
    "letters-2.txt": "z\nx\n",
}

NAIVE = """\
name: naive
on: [push, pull_request]
jobs:
  build:
    runs_on: ubuntu-latest
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - run: echo "${{ github.event.pull_request.title }}" $HOME
"""
