"""The report of a run: one self-contained HTML page, verdict first."""

from stagelang_runtime.report.page import report_html

__all__ = ["report_html"]
