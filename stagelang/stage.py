"""Stages: functions that a pipeline runs. `@stage` keeps their signature and makes calls lazy while wiring."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Generic, Literal, ParamSpec, TypeAlias, final, overload

from attrs import evolve, frozen
from typing_extensions import TypeVar

from stagelang.errors import DeclarationError
from stagelang.governance import Budget, Resources
from stagelang.handle import Bound, Handle
from stagelang.names import current_scope
from stagelang.origin import Origin, caller_frame, caller_origin, function_origin
from stagelang.recording import recorded
from stagelang.running import is_running
from stagelang.signature import Signature, named_tuple_of, read_signature

P = ParamSpec("P")
R_co = TypeVar("R_co", covariant=True)
R = TypeVar("R", bound=Handle | tuple[Handle, ...])

Role: TypeAlias = Literal["map", "fit", "deploy", "apply", "aggregate", "augment", "select", "join", "concat"]
"""What a stage does with rows; `stage` says what each word promises."""
Rows: TypeAlias = Literal["one-to-one", "filter", "expand", "aggregate"]
"""How many rows a stage gives for those of the table that it reads; `stage` says what each word promises."""


@final
@frozen(kw_only=True)
class Options:
    """What is said about a stage beyond its code; none of it but `env` and `codec` changes what it computes."""

    name: str = ""
    owner: str = ""
    budget: Budget | None = None
    resources: Resources | None = None
    env: tuple[str, ...] = ()
    network: bool = False
    always_run: bool = False
    codec: str = ""
    tags: tuple[str, ...] = ()
    role: Role | None = None
    rows: Rows | None = None
    learnt_from: str = ""


@final
@frozen(kw_only=True)
class Command:
    """A program to run instead of a Python body: its arguments with placeholders, and the files it is made of."""

    argv: tuple[str, ...]
    files: tuple[str, ...] = ()


@final
@frozen(eq=False, kw_only=True)
class Call:
    """One use of a stage in a pipeline: arguments as written, and where."""

    stage: Stage[Any, Any]
    args: tuple[Any, ...]
    kwargs: Mapping[str, Any]
    scope: str
    origin: Origin

    @property
    def label(self) -> str:
        """The name to call it by in a message."""
        return self.scope + self.stage.name


@final
class Stage(Generic[P, R_co]):
    """A declared computation with the signature of its function.

    Called with lazy handles it gives lazy handles; called with loaded ones, it runs as the plain function.
    """

    def __init__(
        self,
        function: Callable[P, R_co],
        options: Options,
        *,
        command: Command | None = None,
        names: Mapping[str, Any] | None = None,
    ) -> None:
        self.function = function
        self.settings = options
        self.command = command
        self.origin = function_origin(function)
        self._names = names or {}
        self._signature: Signature | None = None
        functools.update_wrapper(self, function, updated=())
        recorded("stages", self)

    @property
    def name(self) -> str:
        """The stage's name: the function's, unless `named` gave another."""
        return self.settings.name or str(self.__name__)

    __name__: str
    __qualname__: str

    @property
    def signature(self) -> Signature:
        """What the function's annotations say, read once."""
        if self._signature is None:
            self._signature = read_signature(self.function, self._names)
        return self._signature

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R_co:
        handles = [*handles_in(args), *handles_in(tuple(kwargs.values()))]
        lazy = [handle for handle in handles if handle.is_lazy]
        if not lazy and (handles or is_running()):
            if self.command is not None:
                raise DeclarationError(
                    f"command stage {self.name!r} runs a program: it can only be carried out by 'stagelang run'"
                )
            return self.function(*args, **kwargs)
        if len(lazy) < len(handles):
            raise DeclarationError(
                f"stage {self.name!r} was called with lazy and loaded handles together: expected all of one kind"
            )
        given, named = arguments_now(args, kwargs)
        call = Call(stage=self, args=given, kwargs=named, scope=current_scope(), origin=caller_origin())
        recorded("calls", call)
        result: R_co = self._lazy_result(call)
        return result

    def _lazy_result(self, call: Call) -> Any:
        outputs = {port: shape.lazy(Bound(call, port)) for port, shape in self.signature.outputs.items()}
        fields = named_tuple_of(self.signature.result)
        if fields is not None:
            missing = {field: Handle(Bound(call, field)) for field in fields._fields if field not in outputs}
            return fields(**{**outputs, **missing})
        return outputs["out"] if "out" in outputs else Handle(Bound(call, "out"))

    def named(self, name: str) -> Stage[P, R_co]:
        """Give the same stage under another name."""
        return self._with(evolve(self.settings, name=name))

    def options(
        self,
        *,
        owner: str | None = None,
        budget: Budget | None = None,
        resources: Resources | None = None,
        tags: Sequence[str] | None = None,
        role: Role | None = None,
    ) -> Stage[P, R_co]:
        """Give the same stage with other options; what isn't named stays."""
        said: dict[str, Any] = {
            "owner": owner,
            "budget": budget,
            "resources": resources,
            "tags": None if tags is None else tuple(tags),
            "role": role,
        }
        return self._with(
            evolve(self.settings, **{key: value for key, value in said.items() if value is not None})
        )

    def _with(self, options: Options) -> Stage[P, R_co]:
        return Stage(self.function, options, command=self.command, names=self._names)

    def __repr__(self) -> str:
        return f"<stage {self.name!r} at {self.origin}>"

    def __reduce__(self) -> str:
        return self.__qualname__


def handles_in(arguments: Sequence[Any]) -> list[Handle]:
    """Find the handles among arguments, also inside lists and tuples."""
    found: list[Handle] = []
    for argument in arguments:
        if isinstance(argument, Handle):
            found.append(argument)
        elif isinstance(argument, list | tuple):
            found += [item for item in argument if isinstance(item, Handle)]  # pyright: ignore[reportUnknownVariableType]
    return found


def arguments_now(args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Copy lists among arguments: one that grows later, perhaps by the call's own result, mustn't change what was called."""
    return tuple(map(_now, args)), {name: _now(value) for name, value in kwargs.items()}


def _now(value: Any) -> Any:
    return [*value] if type(value) is list else value


def visible_names() -> Mapping[str, Any]:
    """Take the local names where a stage is being declared: late annotations may need them."""
    frame = caller_frame()
    return {} if frame.f_locals is frame.f_globals else dict(frame.f_locals)


@overload
def stage(function: Callable[P, R], /) -> Stage[P, R]: ...
@overload
def stage(
    *,
    owner: str = "",
    name: str = "",
    budget: Budget | None = None,
    resources: Resources | None = None,
    env: Sequence[str] = (),
    network: bool = False,
    always_run: bool = False,
    codec: str = "",
    tags: Sequence[str] = (),
    role: Role | None = None,
    rows: Rows | None = None,
    learnt_from: str = "",
) -> Callable[[Callable[P, R]], Stage[P, R]]: ...
def stage(
    function: Callable[P, R] | None = None,
    /,
    *,
    owner: str = "",
    name: str = "",
    budget: Budget | None = None,
    resources: Resources | None = None,
    env: Sequence[str] = (),
    network: bool = False,
    always_run: bool = False,
    codec: str = "",
    tags: Sequence[str] = (),
    role: Role | None = None,
    rows: Rows | None = None,
    learnt_from: str = "",
) -> Any:
    """Declare a function as a stage.

    Args:
        owner: the team that answers for it.
        name: its name, where the function's own won't do.
        budget: what it may use.
        resources: what it needs from the machine.
        env: environment variables that it reads; their values are part of its identity.
        network: whether it may use the network.
        always_run: run it each time, even when nothing changed.
        codec: how its models are stored where their type doesn't tell: "skops", "npz", "json", or "pickle" (executable, so by
            explicit choice only).
        tags: words to select it by.
        role: what it does with rows, where its types and body don't tell or tell it wrong: "map" (each row by itself, or with the rows
            of other tables that have its key), "fit" (learns from rows), "deploy" (learns from all rows there are, to be used and never
            measured on them), "apply" (uses something fitted on each row by itself),
            "aggregate" (computes across rows), "augment" (makes several rows of one), "select" (chooses by rows), "join" (completes
            rows by others of any row), "concat" (puts tables below each other).
        rows: how the rows of each table that it gives relate to those of the table that they are made of: "one-to-one" (as many, with
            the same keys), "filter" (some of them: no more, and no new key), "expand" (at least one for each, whose key it keeps where
            the table has that column), "aggregate" (one for several: no more, and a key that was a column before holds values from
            there). The exit gate judges it.
        learnt_from: what data something that its body loads was fitted to, such as "ImageNet 2012": none of the pipeline's rows.
    """
    names = visible_names()
    options = Options(
        name=name,
        owner=owner,
        budget=budget,
        resources=resources,
        env=tuple(env),
        network=network,
        always_run=always_run,
        codec=codec,
        tags=tuple(tags),
        role=role,
        rows=rows,
        learnt_from=learnt_from,
    )
    if function is not None:
        return Stage(function, options, names=names)

    def declare(declared: Callable[P, R]) -> Stage[P, R]:
        return Stage(declared, options, names=names)

    return declare


def command(
    *argv: str,
    files: Sequence[str] = (),
    owner: str = "",
    name: str = "",
    budget: Budget | None = None,
    resources: Resources | None = None,
    env: Sequence[str] = (),
    network: bool = False,
    tags: Sequence[str] = (),
    role: Role | None = None,
    rows: Rows | None = None,
    learnt_from: str = "",
) -> Callable[[Callable[P, R]], Stage[P, R]]:
    """Declare a stage that runs a program; the decorated function gives its types, and its body is `raise NotImplementedError`.

    In `argv`, `{x}` stands for the path of input or output `x` (`{out}` where there is one output), or for the text of parameter `x`;
    `{x:csv}` asks for a table as CSV instead of Parquet, `{seed}` is the stage's seed. No shell is involved.

    Args:
        argv: the program and its arguments.
        files: files that the program is made of (its script), relative to the pipeline; a change of one is a change of the stage.
        owner, name, budget, resources, env, network, tags, role, rows, learnt_from: as for `stage`.
    """
    names = visible_names()
    options = Options(
        name=name,
        owner=owner,
        budget=budget,
        resources=resources,
        env=tuple(env),
        network=network,
        tags=tuple(tags),
        role=role,
        rows=rows,
        learnt_from=learnt_from,
    )
    program = Command(argv=argv, files=tuple(files))
    return lambda declared: Stage(declared, options, command=program, names=names)
