"""Opening a manifest: its format, the standard input, and what keeps it from being read."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from imagine_async.batch.manifest import FORMATS, ManifestError, ManifestFormat, read_manifest
from imagine_async.errors import ConfigurationError
from tests.batch.manifest.places import asked, reads, write


class _Stdin:
    def __init__(self, content: bytes) -> None:
        self.buffer = io.BytesIO(content)


@pytest.mark.parametrize("suffix", ["jsonl", "ndjson", "JSONL"])
def test_the_suffix_tells_the_format(suffix: str, tmp_path: Path) -> None:
    """The format goes by the suffix, in capitals as well."""
    manifest = read_manifest(str(write(tmp_path / f"a.{suffix}", '{"prompt":"a"}')))
    assert manifest.format == "jsonl"
    assert manifest.path == str(tmp_path / f"a.{suffix}")


def test_the_format_can_be_named(tmp_path: Path) -> None:
    """A named format counts more than the suffix; one that does not exist is refused with those that do."""
    path = write(tmp_path / "a.txt", "prompt\tseed\na\t1\n")
    assert [asked(row).seed for row in reads(path, "tsv")] == [1]
    with pytest.raises(ManifestError, match=r"its suffix tells no format: name it with one of \.jsonl, "):
        read_manifest(path)
    unknown: Any = "xml"
    with pytest.raises(ConfigurationError, match="'jsonl', 'csv', 'tsv', 'parquet', 'toml', 'yaml'"):
        read_manifest(path, format=unknown)
    assert len(FORMATS) == 6


@pytest.mark.parametrize("name", ["nix.jsonl", "nix.csv", "nix.parquet", "nix.toml", "nix.yaml", "a\0.jsonl"])
def test_a_missing_file(name: str, tmp_path: Path) -> None:
    """A file that is not there is told at once, with its path."""
    with pytest.raises(ManifestError) as caught:
        read_manifest(tmp_path / name)
    assert caught.value.path == str(tmp_path / name)
    assert caught.value.reason.startswith("the file cannot be read: ")


def test_folders_and_utf16(tmp_path: Path) -> None:
    """A folder is no manifest, and a text in UTF-16 is told apart from one with bad rows."""
    (tmp_path / "a.jsonl").mkdir()
    with pytest.raises(ManifestError, match="Is a directory"):
        read_manifest(tmp_path / "a.jsonl")
    with pytest.raises(ManifestError, match="UTF-16"):
        read_manifest(write(tmp_path / "b.jsonl", '{"prompt":"a"}'.encode("utf-16")))


def test_a_file_that_goes_away(tmp_path: Path) -> None:
    """A file that is gone when it is iterated over raises the same error."""
    path = write(tmp_path / "a.jsonl", '{"prompt":"a"}')
    manifest = read_manifest(path)
    path.unlink()
    with pytest.raises(ManifestError, match="No such file"):
        list(manifest)
    with pytest.raises(ManifestError, match="No such file"):
        manifest.count()


@pytest.mark.parametrize(
    ("format", "content"),
    [
        (None, b'{"prompt":"a"}\n\n{"prompt":"b"}'),
        ("csv", b"prompt\na\nb\n"),
        ("tsv", b"prompt\na\nb\n"),
        ("toml", b"matrix.prompt = ['a', 'b']"),
        ("yaml", b"matrix: {prompt: [a, b]}"),
    ],
)
def test_the_standard_input(
    format: ManifestFormat | None,  # noqa: A002
    content: bytes,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The standard input is read once, as JSONL if nothing else is said, and its folder is the working directory."""
    monkeypatch.setattr(sys, "stdin", _Stdin(content))
    manifest = read_manifest("-", format=format)
    assert [asked(unread.read()).prompt for unread in manifest] == ["a", "b"]
    assert (manifest.path, manifest.folder) == ("-", Path.cwd())
    if format in ("toml", "yaml"):
        assert len(list(manifest)) == 2
        return
    assert manifest.count() is None
    with pytest.raises(ManifestError, match="can be read but once"):
        list(manifest)


def test_columns_of_a_pipe(monkeypatch: pytest.MonkeyPatch) -> None:
    """A table in a pipe is not waited for when it is opened; its columns are checked when it is iterated over."""
    monkeypatch.setattr(sys, "stdin", _Stdin(b"prompt,stile\na,b\n"))
    manifest = read_manifest("-", format="csv")
    with pytest.raises(ManifestError, match="manifest -: column stile: .* did you mean style?"):
        list(manifest)


def test_a_pipe(tmp_path: Path) -> None:
    """A named pipe is read once, from a writer that waits for its reader."""
    path = tmp_path / "a.jsonl"
    os.mkfifo(path)
    manifest = read_manifest(path)
    writer = threading.Thread(target=path.write_bytes, args=(b'{"prompt":"a"}\n',))
    writer.start()
    assert [asked(unread.read()).prompt for unread in manifest] == ["a"]
    writer.join()
    with pytest.raises(ManifestError, match="can be read but once"):
        list(manifest)


def test_rows_are_yielded_as_they_come() -> None:
    """A row from the standard input is there before the next one is written."""
    code = (
        "from imagine_async.batch.manifest import read_manifest\n"
        "for row in read_manifest('-'): print(row.read().request.prompt, flush=True)"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for prompt in (b"a", b"b"):
            process.stdin.write(b'{"prompt":"%s"}\n' % prompt)
            process.stdin.flush()
            assert process.stdout.readline() == prompt + b"\n"
        process.stdin.close()
    assert process.returncode == 0


def test_importing_needs_no_extra() -> None:
    """The package can be imported, and JSONL read, without the extras."""
    code = (
        "import sys; sys.modules['pyarrow'] = sys.modules['yaml'] = None\n"
        "from imagine_async.batch.manifest import read_manifest\n"
        "assert not list(read_manifest('-'))"
    )
    subprocess.run([sys.executable, "-c", code], check=True, stdin=subprocess.DEVNULL)
