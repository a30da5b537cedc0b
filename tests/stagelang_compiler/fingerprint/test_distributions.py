"""Distributions by the modules that code imports, against the standard library's and packaging's own readings."""

from __future__ import annotations

import importlib.metadata
import re
from typing import TYPE_CHECKING

from packaging.requirements import Requirement

from stagelang_compiler.fingerprint import requirements, versions
from stagelang_compiler.fingerprint.distributions import providers

if TYPE_CHECKING:
    from tests.stagelang_compiler.fingerprint.conftest import Folder


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def test_every_installed_module_has_the_providers_that_python_names() -> None:
    known = importlib.metadata.packages_distributions()
    modules = [name for name in known if name.isidentifier() and not name.startswith(("stagelang", "__"))]
    assert len(modules) > 20
    for module in modules:
        assert set(providers([module])) == {normal(name) for name in known[module]}, module


def test_the_standard_library_has_no_provider_and_an_unknown_module_stands_for_itself() -> None:
    assert providers(["os", "json", "__future__", "stagelang", "Not_Installed"]) == ("not-installed",)


def test_requirements_are_all_installed_ones_without_extras() -> None:
    expected = {"scikit-learn"}
    pending = ["scikit-learn"]
    while pending:
        for line in importlib.metadata.requires(pending.pop()) or []:
            required = Requirement(line)
            name = normal(required.name)
            wanted = required.marker is None or required.marker.evaluate({"extra": ""})
            if wanted and name not in expected:
                expected.add(name)
                pending.append(name)
    assert requirements(["scikit-learn"]) == tuple(sorted(expected))


def test_versions_are_those_installed() -> None:
    assert versions(["numpy", "not-installed"]) == {"numpy": importlib.metadata.version("numpy")}


def test_a_fingerprint_names_what_the_reached_code_imports(folder: Folder) -> None:
    folder.write(
        {
            "pipeline.py": """
                import attrs
                import numpy as np
                import json
                from helpers import clean
                def embed(x): return attrs.asdict(clean(x)), json.dumps(x)
                def other(x): return np.mean(x)
                """,
            "helpers.py": """
                def clean(x):
                    from sklearn.linear_model import LogisticRegression
                    import scipy.stats
                    return LogisticRegression().fit(x)
                """,
        }
    )
    assert folder.take("embed").distributions == ("attrs", "scikit-learn", "scipy")
    assert folder.take("other").distributions == ("numpy",)
