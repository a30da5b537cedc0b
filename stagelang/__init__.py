"""The language: what a `pipeline.py` imports. It judges nothing and touches no data until a stage runs."""

from stagelang import units
from stagelang.aggregate import (
    Aggregate,
    calibration_error,
    f1,
    mean,
    mean_of_ratios,
    quantile,
    ratio,
    rmse,
    smooth,
    total,
)
from stagelang.contract import Column, ColumnRef, Contract, column, vector
from stagelang.errors import DeclarationError, LazyHandleError, StagelangError
from stagelang.experiment import (
    Ablate,
    Experiment,
    Perturb,
    Perturbation,
    Seeds,
    Swap,
    Sweep,
    missing,
    noisy,
    shifted,
    shuffled,
)
from stagelang.gate import Gate
from stagelang.governance import Budget, Resources, Waiver
from stagelang.handle import Files, Handle, Model, Table, Value
from stagelang.metric import Metric, MetricDefinition, PerRow, metric
from stagelang.names import scope
from stagelang.pipeline import Pipeline
from stagelang.population import Population, S, Test, Train, Validation
from stagelang.running import seed
from stagelang.source import files, source
from stagelang.split import Fold, Halves, Thirds, folds, split, split_by_time
from stagelang.stage import Stage, command, stage
from stagelang.units import Unit
from stagelang.window import Window

__all__ = [
    "Ablate",
    "Aggregate",
    "Budget",
    "Column",
    "ColumnRef",
    "Contract",
    "DeclarationError",
    "Experiment",
    "Files",
    "Fold",
    "Gate",
    "Halves",
    "Handle",
    "LazyHandleError",
    "Metric",
    "MetricDefinition",
    "Model",
    "PerRow",
    "Perturb",
    "Perturbation",
    "Pipeline",
    "Population",
    "Resources",
    "S",
    "Seeds",
    "Stage",
    "StagelangError",
    "Swap",
    "Sweep",
    "Table",
    "Test",
    "Thirds",
    "Train",
    "Unit",
    "Validation",
    "Value",
    "Waiver",
    "Window",
    "calibration_error",
    "column",
    "command",
    "f1",
    "files",
    "folds",
    "mean",
    "mean_of_ratios",
    "metric",
    "missing",
    "noisy",
    "quantile",
    "ratio",
    "rmse",
    "scope",
    "seed",
    "shifted",
    "shuffled",
    "smooth",
    "source",
    "split",
    "split_by_time",
    "stage",
    "total",
    "units",
    "vector",
]
