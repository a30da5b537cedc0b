"""Which node goes where: what fits goes at once, and what waits isn't passed over for ever."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from stagelang_runtime.execute.machines import CPU, GPU, MEMORY, Machine, Needs, Room


def needs(cpu: float = 1.0, *, gpu: float = 0.0, alone: bool = False) -> Needs:
    amounts = ((CPU, cpu), (GPU, gpu)) if gpu else ((CPU, cpu),)
    return Needs(amounts=amounts, alone=alone)


def test_a_node_goes_where_most_threads_are_free_and_leaves_what_is_rare_to_others() -> None:
    small, large = Machine("small", {CPU: 2.0}), Machine("large", {CPU: 4.0})
    rare = Machine("rare", {CPU: 64.0, GPU: 1.0})
    room = Room([rare, small, large])
    assert room.find(needs()) is large
    assert room.find(needs(8)) is rare
    assert room.find(needs(gpu=1.0)) is rare


def test_what_a_machine_does_not_have_it_never_gives() -> None:
    machine = Machine("plain", {CPU: 2.0})
    room = Room([machine])
    assert room.find(needs(gpu=1.0)) is None
    assert not room.could_hold(needs(gpu=1.0))
    assert not room.could_hold(Needs(amounts=((MEMORY, 1.0),)))
    assert room.could_hold(needs(2.0))


def test_a_wide_node_is_not_passed_over_by_narrow_ones() -> None:
    machine = Machine("one", {CPU: 4.0})
    machine.take(needs(3))
    room = Room([machine])
    assert room.find(needs(2)) is None
    room.keep(needs(2))
    assert room.find(needs(1)) is None


def test_a_node_that_waits_for_a_gpu_lets_others_use_the_threads_that_it_will_not_need() -> None:
    machine = Machine("one", {CPU: 4.0, GPU: 1.0})
    machine.take(needs(1, gpu=1.0))
    room = Room([machine])
    room.keep(needs(1, gpu=1.0))
    assert room.find(needs(2)) is machine
    assert room.find(needs(3)) is None


def test_what_runs_alone_waits_for_an_empty_machine_and_fills_it() -> None:
    machine = Machine("one", {CPU: 4.0})
    taken = machine.take(needs(1))
    assert Room([machine]).find(needs(alone=True)) is None
    machine.give_back(taken)
    room = Room([machine])
    assert room.find(needs(alone=True)) is machine
    all_of_it = machine.take(needs(alone=True))
    assert Room([machine]).find(needs()) is None
    machine.give_back(all_of_it)
    assert machine.free == {CPU: 4.0}


@given(st.lists(st.tuples(st.integers(1, 4), st.booleans()), max_size=40), st.integers(4, 8))
def test_no_machine_ever_holds_more_than_it_has(asked: list[tuple[int, bool]], cpus: int) -> None:
    machines = [Machine("a", {CPU: float(cpus)}), Machine("b", {CPU: 4.0})]
    running: list[tuple[Machine, dict[str, float]]] = []
    for cpu, ends in asked:
        if ends and running:
            machine, taken = running.pop(0)
            machine.give_back(taken)
        found = Room(machines).find(needs(cpu))
        if found is not None:
            running.append((found, dict(found.take(needs(cpu)))))
        for each in machines:
            assert 0 <= each.free[CPU] <= each.total[CPU]
    for machine, taken in running:
        machine.give_back(taken)
    assert [each.free for each in machines] == [dict(each.total) for each in machines]
