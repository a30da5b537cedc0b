"""Nodes are put into jobs without loss, cycle or mixed kinds, and never for a worse bargain than the simplest ways."""

from __future__ import annotations

import random

import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st

from stagelang_backends.github_actions.grouping import (
    HANDOVER,
    MOST,
    SLACK,
    START,
    Groups,
    Work,
    as_few,
    as_quick,
    in_order,
    weigh,
)


@st.composite
def works(draw: st.DrawFn) -> Work:
    count = draw(st.integers(1, 40))
    chance = random.Random(draw(st.integers(0, 10**6)))
    reads = [sorted(chance.sample(range(at), min(at, chance.randint(0, 3)))) for at in range(count)]
    kinds = [chance.randrange(draw(st.integers(1, 3))) for _ in range(count)]
    return Work(reads=reads, kinds=kinds, seconds=[chance.uniform(0, 600) for _ in range(count)])


def _is_sound(work: Work, groups: Groups) -> bool:
    whole = sorted(node for group in groups for node in group) == list(range(len(work.reads)))
    alike = all(len({work.kinds[node] for node in group}) == 1 for group in groups)
    return whole and alike and in_order(work.reads, groups) is not None


@settings(max_examples=40)
@given(works())
def test_every_node_is_in_one_group_of_its_kind_and_no_group_waits_for_itself(work: Work) -> None:
    assert _is_sound(work, as_few(work))
    assert _is_sound(work, as_quick(work))


@settings(max_examples=40)
@given(works())
def test_the_choice_is_the_same_each_time(work: Work) -> None:
    assert as_quick(work) == as_quick(work)


@settings(max_examples=40)
@given(works())
def test_the_choice_is_never_slower_than_as_few_jobs_as_possible(work: Work) -> None:
    few, chosen = weigh(work, as_few(work)), weigh(work, as_quick(work))
    assert chosen[0] <= SLACK * few[0] + 1e-9


def test_what_takes_seconds_shares_one_job() -> None:
    work = Work(reads=[[], [0], [0], [1, 2]], kinds=[0] * 4, seconds=[5.0] * 4)
    assert as_quick(work) == [[0, 1, 2, 3]]


def test_what_takes_long_gets_as_many_jobs_as_let_nothing_wait() -> None:
    work = Work(
        reads=[[], [0], [0], [0], [1, 2, 3]], kinds=[0] * 5, seconds=[2.0, 900.0, 900.0, 900.0, 2.0], cpus=1
    )
    groups = as_quick(work)
    assert len({number for node in (1, 2, 3) for number, group in enumerate(groups) if node in group}) == 3
    two_at_once = evolve(work, cpus=2)
    groups = as_quick(two_at_once)
    assert len({number for node in (1, 2, 3) for number, group in enumerate(groups) if node in group}) == 2


def test_a_chain_is_one_job_however_long_it_takes() -> None:
    work = Work(reads=[[], [0], [1], [2]], kinds=[0] * 4, seconds=[3600.0] * 4)
    assert as_quick(work) == [[0, 1, 2, 3]]


def test_kinds_never_share_a_job_even_where_that_makes_more_of_them() -> None:
    work = Work(reads=[[], [0], [1], [2]], kinds=["plain", "secret", "plain", "plain"], seconds=[1.0] * 4)
    assert as_few(work) == [[0], [1], [2, 3]]
    assert as_quick(work) == [[0], [1], [2, 3]]


def test_time_from_start_to_end_and_minutes_billed_are_those_of_the_model() -> None:
    work = Work(reads=[[], [0], [0], [1, 2]], kinds=[0] * 4, seconds=[10.0, 20.0, 30.0, 40.0])
    each = weigh(work, [[0], [1], [2], [3]])
    assert [*each] == [3 * START + 3 * HANDOVER + 10 + 30 + 40, 1 + 1 + 2 + 2]
    assert [*weigh(work, [[0, 1, 2, 3]])] == [START + 80, 2]


@pytest.mark.parametrize("ways", [50, 400])
def test_many_ways_from_one_source_share_a_few_jobs_evenly(ways: int) -> None:
    reads: list[list[int]] = [[]]
    for way in range(ways):
        reads += [[0], [1 + 5 * way], [2 + 5 * way], [3 + 5 * way], [4 + 5 * way]]
    work = Work(reads=reads, kinds=[0] * len(reads), seconds=[30.0] * len(reads))
    groups = as_quick(work)
    assert _is_sound(work, groups)
    assert 2 < len(groups) <= MOST + 1
    assert weigh(work, groups)[0] < weigh(work, as_few(work))[0] / 2
