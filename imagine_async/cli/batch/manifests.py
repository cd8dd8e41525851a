"""Manifests as the command is given them: files, and the standard input."""

from __future__ import annotations

from collections.abc import AsyncIterable, Iterable
from pathlib import Path
from typing import Literal, TypeAlias

from attrs import field, frozen

from imagine_async.batch.rows import Row, RowInput, UnreadRow
from imagine_async.cli.output import CommandError, shown

STDIN = "-"
ManifestFormat: TypeAlias = Literal["jsonl", "csv", "parquet", "yaml", "toml"]


@frozen(kw_only=True)
class Rows:
    source: str
    name: str
    rows: Iterable[RowInput] | AsyncIterable[RowInput] = field(repr=False)

    def unread(self):
        return iter(self.rows)

    total: int | None


def open_rows(manifest: str, format: ManifestFormat | None) -> Rows:
    import hashlib
    import json

    from imagine_async.batch.rows import RowError
    from imagine_async.serialization import request_from_dict

    path = Path(manifest)
    if not path.is_file():
        raise CommandError(f"there is no manifest {shown(path)}", code=2)

    def read(number: int, line: bytes) -> UnreadRow:
        def parse() -> Row:
            try:
                data = json.loads(line)
                meta = {k: data.pop(k) for k in ("id", "name", "tags") if k in data}
                data.setdefault("endpoint", "text_to_image")
                return Row(request=request_from_dict(data), line=number, **meta)
            except Exception as e:
                raise RowError(str(e), line=number) from e

        return UnreadRow(fingerprint=hashlib.blake2b(line, digest_size=16).digest(), read=parse, line=number)

    lines = path.read_bytes().splitlines()
    return Rows(source=shown(path), name=path.stem, rows=[read(n, l) for n, l in enumerate(lines, 1)], total=len(lines))
