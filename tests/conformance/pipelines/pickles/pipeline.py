"""An object of one's own, pickled by choice."""

from __future__ import annotations

from stagelang import Model, Pipeline, Value, stage


class Counter:
    """Counts."""

    def __init__(self, start: int) -> None:
        self.count = start


@stage(codec="pickle")
def start(*, at: int = 4) -> Model[Counter]:
    return Model.of(Counter(at))


@stage
def read(counter: Model[Counter]) -> Value[int]:
    return Value.of(counter.value.count + 1)


pipeline = Pipeline("pickles", seed=1, outputs=[read(start())])
