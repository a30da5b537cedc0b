"""The law: machines that share a store at a URL are told what they would be told by one store on one disk."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule

from stagelang_runtime.store import Store, StoreError, open_store, sha256_bytes
from stagelang_runtime.store.remote import Remote

TEXTS = [b"", b"a", b"bc", b"x" * (1 << 20) + b"y"]
DIGESTS = [sha256_bytes(text) for text in TEXTS]
KEYS = [sha256_bytes(b"key %d" % i) for i in range(3)]

machines = st.integers(0, 1)
texts = st.sampled_from(TEXTS)
digests = st.sampled_from(DIGESTS)
keys = st.sampled_from(KEYS)


def said(call: Callable[..., Any], *arguments: Any) -> Any:
    """Give what a call answers, or what it raises."""
    try:
        return call(*arguments)
    except StoreError as error:
        return type(error), str(error)


class TwoMachines(RuleBasedStateMachine):
    """Two machines, each with a cache; and one store in a folder to which the same is done."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = TemporaryDirectory()
        self.root = Path(self.folder.name)
        self.url = f"memory://{uuid.uuid4().hex}"
        self.one = Store.open_or_create(self.root / "one")
        self.machines = [open_store(self.url, cache=self.root / f"cache{i}") for i in (0, 1)]

    def teardown(self) -> None:
        self.folder.cleanup()

    def same(self, machine: int, call: str, *arguments: Any) -> None:
        there = said(getattr(self.machines[machine], call), *arguments)
        assert there == said(getattr(self.one, call), *arguments)

    @rule(machine=machines, text=texts)
    def put_bytes(self, machine: int, text: bytes) -> None:
        self.same(machine, "put_bytes", text)

    @rule(machine=machines, text=texts, consume=st.booleans())
    def put_file(self, machine: int, text: bytes, consume: bool) -> None:
        for store in (self.machines[machine], self.one):
            source = self.root / "source"
            source.write_bytes(text)
            assert store.put_file(source, consume=consume) == sha256_bytes(text)
            assert source.exists() is not consume

    @rule(machine=machines, digest=digests)
    def get_bytes(self, machine: int, digest: str) -> None:
        self.same(machine, "get_bytes", digest)

    @rule(machine=machines, digest=digests)
    def get_path(self, machine: int, digest: str) -> None:
        paths = [said(store.get_path, digest) for store in (self.machines[machine], self.one)]
        read = [path.read_bytes() if isinstance(path, Path) else path for path in paths]
        assert read[0] == read[1]

    @rule(machine=machines, digest=digests, size=st.sampled_from([None, 0, 1, 2]))
    def has(self, machine: int, digest: str, size: int | None) -> None:
        self.same(machine, "has", digest, size)

    @rule(machine=machines)
    def has_all(self, machine: int) -> None:
        self.same(machine, "has_all", [(digest, None) for digest in DIGESTS[:2]])

    @rule(machine=machines, key=keys, number=st.integers(0, 3))
    def put_receipt(self, machine: int, key: str, number: int) -> None:
        self.same(machine, "put_receipt", key, {"n": number})

    @rule(machine=machines, key=keys)
    def get_receipt(self, machine: int, key: str) -> None:
        self.same(machine, "get_receipt", key)

    @rule(machine=machines, key=keys)
    def withdraw_receipt(self, machine: int, key: str) -> None:
        self.same(machine, "withdraw_receipt", key)

    @rule(machine=machines)
    def receipt_keys(self, machine: int) -> None:
        assert list(self.machines[machine].receipt_keys()) == list(self.one.receipt_keys())

    @rule(machine=machines, node=keys, key=keys)
    def link_id(self, machine: int, node: str, key: str) -> None:
        self.same(machine, "link_id", node, key)

    @rule(machine=machines, node=keys)
    def receipt_for_id(self, machine: int, node: str) -> None:
        self.same(machine, "receipt_for_id", node)

    @rule(machine=machines)
    def lose_the_cache(self, machine: int) -> None:
        cache = self.machines[machine].root
        shutil.rmtree(cache)
        self.machines[machine] = open_store(self.url, cache=cache)

    @rule(key=keys, text=st.sampled_from([b"", b"{}", b"junk"]))
    def damage_a_receipt(self, key: str, text: bytes) -> None:
        name = f"receipts/{key[7:9]}/{key[7:]}.json"
        if self.damage(self.root / "one" / name, text):
            Remote(self.url).write(name, text)

    @rule(digest=digests)
    def damage_an_object_everywhere(self, digest: str) -> None:
        name = f"objects/{digest[7:9]}/{digest[7:]}"
        if self.damage(self.root / "one" / name, b"cut short"):
            for machine in self.machines:
                self.damage(machine.root / name, b"cut short")
            Remote(self.url).write(name, b"cut short")

    def damage(self, path: Path, text: bytes) -> bool:
        if not path.exists():
            return False
        path.chmod(0o644)
        path.write_bytes(text)
        return True


TestTwoMachines = TwoMachines.TestCase
TestTwoMachines.settings = settings(max_examples=40, stateful_step_count=30)
