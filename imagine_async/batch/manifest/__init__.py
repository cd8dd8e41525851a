"""Manifests: the rows of a batch in a file, each checked before it is sent.

`read_manifest` opens JSONL, CSV, TSV, Parquet, and a matrix in TOML or YAML; `plan` tells what the rows would cost.
"""

from __future__ import annotations

from imagine_async.batch.manifest.errors import ManifestError, Problem, RowProblemsError
from imagine_async.batch.manifest.manifest import Manifest
from imagine_async.batch.manifest.parsing import parse_row
from imagine_async.batch.manifest.plan import Plan, plan
from imagine_async.batch.manifest.reading import FORMATS, ManifestFormat, read_manifest

__all__ = [
    "FORMATS",
    "Manifest",
    "ManifestError",
    "ManifestFormat",
    "Plan",
    "Problem",
    "RowProblemsError",
    "parse_row",
    "plan",
    "read_manifest",
]
