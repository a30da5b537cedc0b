"""Carries out node N of plan P against store T: load, entry gates, body, exit gates, commit, receipt last.

Every engine ends here; it only decides in which order and where.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

import pyarrow as pa

from stagelang.handle import Handle
from stagelang_compiler.plan import Node
from stagelang_runtime.execute import body, boundary, command, environment, reading, writing
from stagelang_runtime.execute.artifacts import Entry
from stagelang_runtime.execute.beyond import undeclared
from stagelang_runtime.execute.failure import Failure, NodeFailed
from stagelang_runtime.execute.job import Job
from stagelang_runtime.execute.key import Read, measure, measured_apart
from stagelang_runtime.execute.loading import Declared
from stagelang_runtime.execute.measure import Meter
from stagelang_runtime.execute.present import outputs_present
from stagelang_runtime.execute.reasons import code_of
from stagelang_runtime.execute.work import Place, Work, own_folder
from stagelang_runtime.store import Store

SCHEMA = 1

Receipt: TypeAlias = dict[str, Any]
Printed: TypeAlias = Callable[[], tuple[str, str]]


def carry_out(place: Place, job: Job, printed: Printed) -> Receipt:
    """Carry out a node and give the receipt that is in the store afterwards: another's, where that was first.

    Args:
        place: where.
        job: what.
        printed: gives the last that the node printed, to stdout and to stderr.

    Raises:
        NodeFailed: the node failed, for a reason in the user's code, data or machine.
        LostInput: an artifact that it reads is gone or damaged.
        StoreError: the store can't be used.
    """
    node = place.plan.node(job.node)
    if node.stage:
        place.loader.declared(place.plan.stages[node.stage])  # imports count as nobody's time
    started = dt.datetime.now(dt.UTC)
    meter = Meter()
    with own_folder(place.scratch) as folder:
        work = Work(place=place, node=node, job=job, folder=folder)
        outputs = _KINDS[node.kind](work)
    measured = meter.stop() | ({"memory": work.memory} if work.memory else {})
    stdout, stderr = printed()
    receipt: Receipt = {
        "schema": SCHEMA,
        "state": "done",
        "node": node.name,
        "id": node.id,
        "kind": node.kind,
        "stage": node.stage,
        "key": job.key,
        "components": [[name, value] for name, value in job.components.items()],
        "code": [[piece.name, piece.digest] for piece in code_of(place.plan, node)],
        "inputs": [_input(read) for read in work.reads],
        "outputs": outputs,
        "gates": {"entry": work.entry, "exit": work.exit},
        "beyond": work.beyond,
        "seed": node.seed,
        "started": started.isoformat(timespec="milliseconds"),
        **measured,
        "environment": dict(environment.recorded()),
        "stdout": stdout,
        "stderr": stderr,
    }
    return _commit(place.store, node, job.key, receipt)


def _commit(store: Store, node: Node, key: str, receipt: Receipt) -> Receipt:
    """Put the receipt; where another came first and its outputs are there, that one holds."""
    while True:
        earlier = store.put_receipt(key, receipt)
        if earlier is None or outputs_present(store, earlier):
            break
        store.withdraw_receipt(key)
    store.link_id(node.id, key)
    return earlier or receipt


def _input(read: Read) -> dict[str, Any]:
    artifact = read.artifact
    return {
        "argument": read.input.argument,
        "index": read.input.index,
        "node": read.input.node,
        "port": read.input.output,
        "content": artifact.content,
        "object": artifact.object,
    }


def _source(work: Work) -> list[Entry]:
    from stagelang_runtime.execute.sources import take_in  # what reads files takes long to load

    return [take_in(work)]


def _split(work: Work) -> list[Entry]:
    from stagelang_runtime.inputs.errors import SplitError
    from stagelang_runtime.inputs.split import split_table

    (read,) = work.reads
    assert work.node.split is not None
    table = reading.load_table(work, read)
    try:
        parts = split_table(table, work.node.split, work.node.seed)
    except SplitError as error:
        message = f"{work.node.name!r} can't divide what {read.input.node!r} made: {error.message}"
        failure = Failure(kind="source", message=message, where=work.where, help=error.help)
        raise NodeFailed(failure) from None
    work.exit.append(boundary.apart(work.node, parts))
    return [writing.store_output(work, output, parts[output.name]) for output in work.node.outputs]


def _stage(work: Work) -> list[Entry]:
    declared = work.place.loader.declared(work.stage)
    handles = [(read, reading.load(work, read)) for read in work.reads]
    before = [reading.state(work, read, body.data_of(handle)) for read, handle in handles]
    result = _called(work, declared, handles)
    for (read, handle), earlier in zip(handles, before, strict=True):
        if reading.state(work, read, body.data_of(handle)) != earlier:
            raise reading.changed(work, read)
    given = body.results(work.stage, work.node, result)
    return [writing.store_output(work, output, given[output.name]) for output in work.node.outputs]


def _called(work: Work, declared: Declared, handles: Sequence[tuple[Read, Handle]]) -> Any:
    own = (work.place.scratch, work.place.store.root)
    result, watch = body.call(declared, work.node, handles, work.params, work.place.root, own)
    work.beyond = undeclared(watch, work.stage)
    return result


def _metric(work: Work) -> list[Entry]:
    (output,) = work.node.outputs
    declared = work.place.loader.declared(work.stage)
    handles = [(read, reading.load(work, read)) for read in work.reads]
    result = _called(work, declared, handles)
    columns, cluster, keys = measure(work.place.plan, work.node)
    table = body.metric_table(work.stage, work.node, result, columns)
    # The values stand for the rows of the first table that the function takes.
    order = [*declared.signature.arguments]
    tables: list[tuple[str, pa.Table]] = [
        (read.input.argument, body.data_of(handle))
        for read, handle in sorted(handles, key=lambda each: order.index(each[0].input.argument))
        if read.artifact.kind == "table"
    ]
    if cluster:
        table = body.with_cluster(work.stage, work.node, table, [each for _, each in tables], cluster)
    for argument, first in tables[:1]:
        table = body.with_columns(
            work.stage, work.node, table, first, measured_apart(work.place.plan, work.node)
        )
        table = body.with_keys(table, first, keys.get(argument, ()))
    return [writing.store_output(work, output, table)]


def _command(work: Work) -> list[Entry]:
    work.folder.mkdir(parents=True)
    layout = command.Layout(work.folder, [reading.lay_out(work, read) for read in work.reads])
    work.memory = command.run(work.stage, work.node, work.params, layout, work.place.root)
    return [writing.collect(work, layout, output) for output in work.node.outputs]


_KINDS: Mapping[str, Callable[[Work], list[Entry]]] = {
    "source": _source,
    "split": _split,
    "stage": _stage,
    "metric": _metric,
    "command": _command,
}
