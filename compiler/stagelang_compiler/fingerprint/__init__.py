"""What code and parameters a stage depends on, as digests that change when, and only when, what runs may change."""

from stagelang_compiler.fingerprint.conduct import Judge
from stagelang_compiler.fingerprint.distributions import requirements, versions
from stagelang_compiler.fingerprint.fingerprint import (
    Fingerprint,
    Fingerprinter,
    fingerprint,
    first_difference,
)
from stagelang_compiler.fingerprint.modules import Module
from stagelang_compiler.fingerprint.reach import Component
from stagelang_compiler.fingerprint.resolve import Resolution, Resolver, Unit
from stagelang_compiler.plan_values import MalformedValue, decode_value
from stagelang_compiler.values import Encoded, UnhashableValue, digest_value, encode_value

__all__ = [
    "Component", "Encoded", "Fingerprint", "Fingerprinter", "Judge", "MalformedValue", "Module", "Resolution", "Resolver",
    "UnhashableValue", "Unit", "decode_value", "digest_value", "encode_value", "fingerprint", "first_difference",
    "requirements", "versions",
]  # fmt: skip
