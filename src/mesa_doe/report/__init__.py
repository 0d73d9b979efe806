"""The report: a study as one HTML file that a colleague opens, without a network or Python."""

from mesa_doe.report.writing import write_report

__all__ = ["write_report"]
