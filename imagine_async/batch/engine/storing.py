"""Putting what was made into the sink; what cannot be put there is kept elsewhere, because it is paid for."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any, TypeAlias

import anyio.to_thread
from attrs import frozen

from imagine_async import files
from imagine_async.batch.journal.claims import Claim, Ending
from imagine_async.batch.records import RowState
from imagine_async.batch.sinks.base import Sink
from imagine_async.batch.sinks.bodies import body_of
from imagine_async.errors import ImagineError, Outcome
from imagine_async.results import Image
from imagine_async.sidecar import SIDECAR_SUFFIX, facts_as_json, video_facts_as_json
from imagine_async.sniff import MEDIA_TYPES
from imagine_async.spool import Body, MakeSpool, Spool, pieces_of, size_of
from imagine_async.video import Video
from imagine_async.video.sniff import VIDEO_MEDIA_TYPES

__all__ = ["KeptElsewhereError", "KeptFileGoneError", "Made", "Storing", "refuge_of"]

_MEDIA_TYPES = {**VIDEO_MEDIA_TYPES, **MEDIA_TYPES}

Made: TypeAlias = "Image | Video"
"""What a row makes."""


class KeptElsewhereError(OSError):
    """What was made could not be put into the sink, and is kept elsewhere.

    Args:
        reason: Why it could not.
        kept: Where it is kept; `None` if it could be kept nowhere.
    """

    def __init__(self, reason: OSError, kept: Path | None) -> None:
        where = "it could be kept nowhere else" if kept is None else f"it is kept as {kept}, and stored on resuming"
        super().__init__(reason.errno, f"a finished picture could not be stored, {reason}; {where}")
        self.reason = reason
        self.kept = kept

    def __reduce__(self) -> tuple[object, ...]:
        """Pickle by what it is made with; `OSError` would keep the number and the text."""
        return type(self), (self.reason, self.kept)


class KeptFileGoneError(ImagineError):
    """What was made and kept elsewhere is not there any more.

    Args:
        kept: Where it was.
    """

    default_outcome = Outcome.COMPLETED

    def __init__(self, kept: str) -> None:
        super().__init__(
            f"the picture was made, could not be stored, and is not any more where it was kept, {kept}: put it back, "
            "or pass resend_unknown=True to have it made and charged once more"
        )


@frozen
class Storing:
    """Stores files, and keeps those that cannot be stored.

    Args:
        sink: Where they go; `None` for nowhere.
        refuge: A folder for what cannot be stored there, made when it is needed; the second choice is the system's
            folder for temporary files.
    """

    sink: Sink | None
    refuge: Path | None

    async def store(self, claim: Claim, made: Made) -> Ending:
        """Store what a row has made.

        Args:
            claim: The row.
            made: The picture or video.

        Returns:
            How the row ends.

        Raises:
            KeptElsewhereError: It cannot be stored, or there is such a file, and it must not be replaced.
        """
        body = made.body if isinstance(made.body, (bytes, Spool)) else made.content
        if self.sink is None:
            return _ending(made, None, size_of(body), made.digest)
        row = _row_facts(claim)
        facts = facts_as_json(made, row=row) if isinstance(made, Image) else video_facts_as_json(made, row=row)
        try:
            stored = await self.sink.put(claim.stem, made.suffix, body, media_type=made.media_type, facts=facts)
        except OSError as error:
            kept = await anyio.to_thread.run_sync(self._keep, claim, made.suffix, body, facts)
            raise KeptElsewhereError(error, kept) from error
        return _ending(made, stored.name, stored.size, stored.digest)

    async def store_kept(self, claim: Claim, kept: Path) -> Ending | None:
        """Store what could not be stored in an earlier run.

        Args:
            claim: The row.
            kept: Where its file is.

        Returns:
            How the row ends; `None` if the file is no longer there.

        Raises:
            KeptElsewhereError: It still cannot be stored.
        """
        if self.sink is None:
            return None
        found = await anyio.to_thread.run_sync(_read_kept, kept, self.sink.spool)
        if found is None:
            return None
        body, facts = found
        told: dict[str, Any] = json.loads(facts) if facts else {"row": _row_facts(claim)}
        kind = _MEDIA_TYPES.get(str(told.get("format")), "application/octet-stream")
        try:
            stored = await self.sink.put(
                claim.stem, kept.suffix, body, media_type=kind, facts=facts or json.dumps(told).encode()
            )
        except OSError as error:
            raise KeptElsewhereError(error, kept) from error
        await anyio.to_thread.run_sync(_remove, kept)
        return Ending(
            state=RowState.DONE,
            file=stored.name,
            size=stored.size,
            digest=stored.digest,
            width=told.get("width"),
            height=told.get("height"),
            elapsed=told.get("elapsed_seconds"),
        )

    def _keep(self, claim: Claim, suffix: str, body: Body, facts: bytes) -> Path | None:
        name = f"{claim.position:07d}-{claim.key.hex()[:8]}{suffix}"
        for folder in (self.refuge, Path(tempfile.gettempdir())):
            if folder is None:
                continue
            try:
                folder.mkdir(exist_ok=True)
                files.write_whole(folder / name, pieces_of(body), overwrite=True)
                files.write_whole(_facts_of(folder / name), [facts], overwrite=True)
            except OSError:
                continue
            return folder / name
        return None


def _facts_of(kept: Path) -> Path:
    return kept.with_name(kept.name + SIDECAR_SUFFIX)


def _remove(kept: Path) -> None:
    kept.unlink()
    _facts_of(kept).unlink(missing_ok=True)


def _read_kept(kept: Path, spool: MakeSpool) -> tuple[Body, bytes | None] | None:
    """Read a file that was kept, and its facts, where they are there as well."""
    try:
        with kept.open("rb") as file:
            body = body_of(file, spool)
    except OSError:
        return None
    try:
        return body, _facts_of(kept).read_bytes()
    except OSError:
        return body, None


def _ending(made: Made, name: str | None, size: int, digest: str) -> Ending:
    return Ending(
        state=RowState.DONE,
        file=name,
        size=size,
        digest=digest,
        width=made.width if isinstance(made, Image) else None,
        height=made.height if isinstance(made, Image) else None,
        elapsed=made.elapsed,
    )


def _row_facts(claim: Claim) -> dict[str, object]:
    """Return by what the row is found again, should the journal be lost."""
    return {"position": claim.position, "key": claim.key.hex(), "id": claim.id, "tags": list(claim.tags)}


def refuge_of(journal: Path | None) -> Path | None:
    """Return the folder for files that cannot be stored where they belong.

    Args:
        journal: The journal's file.
    """
    return None if journal is None else journal.with_name(f"{journal.name}.kept")
