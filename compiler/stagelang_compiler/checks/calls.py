"""SL1: calls against the signatures of their stages, and the signatures themselves."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from stagelang.signature import Shape
from stagelang_compiler.checks.matching import matches, matches_value, written
from stagelang_compiler.checks.structure import (
    HANDLE_MISPLACED,
    HANDLE_MISSING,
    NO_CODEC,
    UNCLEAR_SIGNATURE,
    UNHASHABLE_PARAMETER,
    UNIMPORTABLE_STAGE,
    UNKNOWN_OUTPUT,
    WRONG_ARGUMENTS,
    WRONG_KIND,
    WRONG_PARAMETER,
)  # fmt: skip
from stagelang_compiler.checks.words import shape_text, short
from stagelang_compiler.codec_names import CODECS, codec_name, type_name
from stagelang_compiler.diagnostics import Diagnostic, Place, did_you_mean
from stagelang_compiler.graph import Graph, GraphNode
from stagelang_compiler.values import UnhashableValue, encode_value


def check_calls(graph: Graph) -> Iterator[Diagnostic]:
    """Check each call against its stage's signature: arguments, kinds, parameters."""
    for node in graph.nodes:
        if node.stage is None:
            yield from _divided(node)
            continue
        if node.misbound:
            yield _misbound(node)
        yield from _misplaced(node)
        yield from _edges(node)
        yield from _params(node)


def _signature_place(node: GraphNode) -> tuple[Place, Place]:
    assert node.stage is not None
    return (Place(node.origin), Place(node.stage.origin, "declared here"))


def _misbound(node: GraphNode) -> Diagnostic:
    assert node.stage is not None
    known = list(node.stage.signature.arguments)
    unknown = re.search(r"unexpected keyword argument '(\w+)'", node.misbound)
    meant = did_you_mean(unknown[1], known) if unknown else None
    action = (
        f"did you mean {meant!r}?"
        if meant
        else f"call it as it is declared: {node.stage.name}({', '.join(known)})"
    )
    message = node.misbound.replace("got an unexpected", "unexpected").replace(
        "a required argument", "required argument"
    )
    return Diagnostic(
        rule=WRONG_ARGUMENTS,
        message=f"call of {node.base!r}: {message}",
        places=_signature_place(node),
        subject=node.name,
        help=action,
    )


def _misplaced(node: GraphNode) -> Iterator[Diagnostic]:
    for name, value in node.misplaced.items():
        argument = node.stage.signature.arguments[name.partition("[")[0]] if node.stage else None
        expected = shape_text(argument.shape) if argument and argument.shape else "a handle"
        yield Diagnostic(
            rule=HANDLE_MISSING,
            message=f"argument {name!r} of {node.base!r} is {_plain(value)}",
            subject=node.name,
            places=_signature_place(node),
            expected=expected,
            found=_found(value),
            help="pass what a stage or a source gave",
        )


def _divided(node: GraphNode) -> Iterator[Diagnostic]:
    for value in node.misplaced.values():
        yield Diagnostic(
            rule=HANDLE_MISSING,
            message=f"{node.base!r} divides {_plain(value)}",
            places=(Place(node.origin),),
            subject=node.name,
            expected="a table",
            found=f"{type(value).__name__} {short(value)}",
            help="pass what a stage or a source gave",
        )


def _plain(value: object) -> str:
    return "None" if value is None else f"a plain {type(value).__name__}"


def _found(value: object) -> str:
    return "None" if value is None else f"{type(value).__name__} {short(value)}"


def _edges(node: GraphNode) -> Iterator[Diagnostic]:
    for edge in node.inputs:
        places = (Place(node.origin), Place(edge.producer.origin, "made here"))
        given = edge.given
        label = f"{edge.producer.base}.{edge.port}" if edge.port != "out" else edge.producer.base
        if given is None:
            known = sorted(edge.producer.outputs)
            yield Diagnostic(
                rule=UNKNOWN_OUTPUT,
                message=f"{node.base!r} reads output {edge.port!r} of {edge.producer.base!r}, which has none of that name",
                places=places,
                subject=node.name,
                found=", ".join(known) or "no outputs",
                help="read one of its outputs"
                if known
                else "let it give a table, a model, a value or files; a metric is declared with @metric",
            )
        elif edge.needed is None and _is_understood(node, edge.argument):
            yield Diagnostic(
                rule=HANDLE_MISPLACED,
                message=f"argument {edge.argument!r} of {node.base!r} takes a plain value, not what {label!r} gives",
                places=(
                    Place(node.origin),
                    Place(node.stage.origin if node.stage else node.origin, "declared here"),
                ),
                subject=node.name,
                help=f"annotate the parameter as a handle, such as {shape_text(given)}, or pass a value",
            )
        elif edge.needed is not None and not _fits(given, edge.needed):
            yield Diagnostic(
                rule=WRONG_KIND,
                message=f"argument {edge.argument!r} of {node.base!r} takes something else than {label!r} gives",
                places=places,
                subject=node.name,
                expected=shape_text(edge.needed),
                found=shape_text(given),
                help="pass the output that the stage is made for",
            )


def _is_understood(node: GraphNode, argument: str) -> bool:
    """Tell whether nothing is said of the argument's annotation already."""
    return node.stage is None or all(where != argument for where, _ in node.stage.signature.problems)


def _fits(given: Shape, needed: Shape) -> bool:
    if given.kind != needed.kind:
        return False
    return given.kind not in ("model", "value") or matches(given.inner, needed.inner)


def _params(node: GraphNode) -> Iterator[Diagnostic]:
    assert node.stage is not None
    for name, value in node.params.items():
        argument = node.stage.signature.arguments[name]
        try:
            encode_value(value, name)
        except UnhashableValue as error:
            yield Diagnostic(
                rule=UNHASHABLE_PARAMETER,
                message=f"parameter {name!r} of {node.base!r} can't be identified by its content",
                subject=node.name,
                places=_signature_place(node),
                found=str(error),
                help="pass plain data, or a frozen dataclass of plain data",
            )
            continue
        values = value if argument.many else (value,)
        if _is_understood(node, name) and not all(
            matches_value(each, argument.annotation) for each in values
        ):
            yield Diagnostic(
                rule=WRONG_PARAMETER,
                message=f"parameter {name!r} of {node.base!r} has a value of another type",
                subject=node.name,
                places=_signature_place(node),
                expected=written(argument.annotation),
                found=f"{type(value).__name__} {short(value)}",
                help="pass a value of the declared type",
            )


def check_signatures(graph: Graph) -> Iterator[Diagnostic]:
    """Check that each used stage's annotations are understood, that it can be found again, and that its outputs can be stored."""
    seen: set[Any] = set()
    for node in graph.nodes:
        stage = node.stage
        if stage is None or stage.function in seen:
            continue
        seen.add(stage.function)
        for where, problem in stage.signature.problems:
            what = f"stage {stage.name!r}" if where == "return" else f"argument {where!r} of {stage.name!r}"
            joined = " " if problem.startswith(("has ", "gives ")) else ": "
            yield Diagnostic(
                rule=UNCLEAR_SIGNATURE,
                message=f"{what}{joined}{problem}",
                places=(Place(stage.origin),),
                subject=stage.name,
                help="annotate it with a type that is imported where the stage is declared",
            )
        if "<lambda>" in stage.function.__qualname__:
            yield Diagnostic(
                rule=UNIMPORTABLE_STAGE,
                message="a lambda can't be a stage: a worker process couldn't find it by its name",
                places=(Place(stage.origin),),
                subject=stage.name,
                help="declare it with def",
            )
        elif getattr(stage.function, "__closure__", None) and "<locals>" in stage.function.__qualname__:
            kept = ", ".join(stage.function.__code__.co_freevars)
            yield Diagnostic(
                rule=UNIMPORTABLE_STAGE,
                message=f"stage {stage.name!r} keeps {kept} of the function around it, so a worker process couldn't find it",
                places=(Place(stage.origin),),
                subject=stage.name,
                help="pass what it needs as parameters",
            )
        if node.kind != "metric":
            yield from _codecs(node)


def _codecs(node: GraphNode) -> Iterator[Diagnostic]:
    assert node.stage is not None
    explicit = getattr(getattr(node.stage, "settings", None), "codec", "")
    if explicit and explicit not in CODECS:
        meant = did_you_mean(explicit, CODECS)
        yield Diagnostic(
            rule=NO_CODEC,
            message=f"stage {node.stage.name!r} names codec {explicit!r}, and there is none of that name",
            places=(Place(node.stage.origin),),
            subject=node.name,
            expected=", ".join(CODECS),
            help=f"did you mean {meant!r}?" if meant else "name one of them",
        )
        return
    for port, shape in node.outputs.items():
        if shape.kind in ("model", "value") and codec_name(shape.kind, shape.inner, explicit) is None:
            as_model = "say how it is stored with @stage(codec=...), one of: " + ", ".join(CODECS)
            yield Diagnostic(
                rule=NO_CODEC,
                message=f"no codec stores output {port!r} of {node.base!r}",
                places=(Place(node.stage.origin),),
                subject=node.name,
                expected="plain data, a dataclass of it, numpy arrays, or a scikit-learn model",
                found=type_name(shape.inner) or "an untyped object",
                help=as_model if shape.kind == "model" else "give plain data, or declare it as a Model[...]",
            )


CHECKS = (check_calls, check_signatures)
