"""What is known of a batch's rows as tables, for other programs: CSV, JSON lines, Parquet."""

from __future__ import annotations

from imagine_async.batch.exports.columns import COLUMNS, as_values
from imagine_async.batch.exports.csv_file import from_cell, write_csv
from imagine_async.batch.exports.json_lines import write_jsonl
from imagine_async.batch.exports.parquet_file import write_parquet

__all__ = ["COLUMNS", "as_values", "from_cell", "write_csv", "write_jsonl", "write_parquet"]
