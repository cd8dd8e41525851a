"""An object store as the place for the files of a batch: S3 and what speaks it, Google Cloud Storage, Azure.

The client is obstore, of the extra `cloud`, by its blocking functions.
"""

from __future__ import annotations

import contextlib
import errno
import json
import secrets
import time
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from imagine_async.batch.sinks.base import Body, Stored
from imagine_async.batch.sinks.blocking import BlockingSink
from imagine_async.batch.sinks.bodies import small_or_spooled
from imagine_async.batch.sinks.choices import Metadata, OnCollision
from imagine_async.batch.sinks.cloud_errors import as_os_errors
from imagine_async.batch.sinks.cloud_stores import CloudStores
from imagine_async.batch.sinks.metadata import with_facts
from imagine_async.batch.sinks.reading import checked_inside, find_by_reading, lacking_of, sizes_of
from imagine_async.sidecar import SIDECAR_SUFFIX
from imagine_async.spool import digest_of, size_of

if TYPE_CHECKING:
    from obstore import Attributes

__all__ = ["CloudSink"]

_PART_BYTES = 8 * 1024 * 1024
_PARTS_AT_ONCE = 2
_LARGEST_ATTRIBUTE = 1_800
_MOST_TRIES = 1_000
_LISTED_AT_ONCE = 1_000
_MOST_LISTED_PER_FILE = 4
_READ_BYTES = 1024 * 1024


class CloudSink(BlockingSink):
    """A prefix of a bucket; see `Sink` for its methods.

    An object appears whole or not at all. A large one is uploaded in parts, 16 MiB in memory at most; where none may be
    replaced it is uploaded beside its place first, and copied by the store.

    Args:
        url: `s3://BUCKET/PREFIX`, `gs://BUCKET/PREFIX` or `az://CONTAINER/PREFIX`.
        on_collision: What to do where there is an object of that name: `number` puts `-2` and so on behind the new
            one's name, `refuse` raises, `replace` replaces it.
        metadata: Where the facts go: `sidecar` is an object `NAME.SUFFIX.json` beside the picture, and the picture's
            attribute `imagine` where they are short; `embedded` is the picture's own metadata; `none` is nowhere.
        options: What obstore's `from_url` takes, such as `endpoint`; what is missing comes from the environment, for
            example `AWS_ENDPOINT_URL` and `AWS_ACCESS_KEY_ID`.

    Raises:
        ConfigurationError: The URL names no bucket, or there is no such option.
        MissingExtraError: The extra `cloud` is not installed.
    """

    def __init__(
        self, url: str, *, on_collision: OnCollision = "number", metadata: Metadata = "sidecar", **options: Any
    ) -> None:
        super().__init__(on_collision, metadata)
        self._stores = CloudStores(url, options)
        self._store = self._stores.store

    def __repr__(self) -> str:
        return f"CloudSink({self._stores.url!r})"

    def _put(self, stem: str, suffix: str, body: Body, media_type: str, facts: bytes) -> Stored:
        stored, beside = with_facts(body, facts, self._metadata, self.spool)
        attributes: Attributes = {"Content-Type": media_type}
        if beside is not None:
            attributes |= _short_facts(beside)
        with as_os_errors(self._stores.url):
            name = self._placed(stem, suffix, stored, attributes)
            if beside is not None:
                self._upload(name + SIDECAR_SUFFIX, beside, {"Content-Type": "application/json"})
            elif self._on_collision == "replace":
                self._remove(name + SIDECAR_SUFFIX)  # That of the picture that was replaced.
        return Stored(name=name, size=size_of(stored), digest=digest_of(stored), modified_at=time.time())

    def _placed(self, stem: str, suffix: str, body: Body, attributes: Attributes) -> str:
        if self._on_collision == "replace":
            self._upload(stem + suffix, body, attributes)
            return stem + suffix
        if isinstance(body, bytes):
            return self._first_free(stem, suffix, lambda name: self._create(name, body, attributes))
        with self._uploaded_beside(stem, body, attributes) as beside:
            store = self._stores.for_copies(attributes["Content-Type"])
            return self._first_free(stem, suffix, lambda name: store.copy(beside, name, overwrite=False))

    def _first_free(self, stem: str, suffix: str, take: Callable[[str], object]) -> str:
        """Take the first name that nobody has; the store decides who is first."""
        from obstore.exceptions import AlreadyExistsError

        name = stem + suffix
        for _ in range(_MOST_TRIES):
            try:
                take(name)
            except AlreadyExistsError:
                if self._on_collision == "refuse":
                    raise
                name = self._numbers.numbered(stem, suffix, self._is_taken)
            else:
                return name
        raise FileExistsError(errno.EEXIST, "every name that was tried was taken in the meantime", name)

    def _is_taken(self, name: str) -> bool:
        try:
            self._store.head(name)
        except FileNotFoundError:
            return False
        return True

    def _create(self, name: str, body: bytes, attributes: Attributes) -> None:
        self._store.put(name, body, attributes=attributes, mode="create")

    def _upload(self, name: str, body: Body, attributes: Attributes) -> None:
        if isinstance(body, bytes):
            self._store.put(name, body, attributes=attributes, use_multipart=False)
        else:
            self._store.put(
                name, body.pieces(), attributes=attributes, chunk_size=_PART_BYTES, max_concurrency=_PARTS_AT_ONCE
            )

    @contextlib.contextmanager
    def _uploaded_beside(self, stem: str, body: Body, attributes: Attributes) -> Iterator[str]:
        folder = f"{stem.rpartition('/')[0]}/".lstrip("/")
        beside = f"{folder}.{secrets.token_hex(8)}.part"
        self._upload(beside, body, attributes)
        try:
            yield beside
        finally:
            # What cannot be removed is hidden, and the picture is there all the same.
            with contextlib.suppress(OSError), as_os_errors(self._stores.url):
                self._store.delete(beside)

    def _remove(self, name: str) -> None:
        with contextlib.suppress(FileNotFoundError):
            self._store.delete(name)

    def _find(self, stem: str) -> Stored | None:
        return find_by_reading(stem, self._get)

    def _read(self, name: str) -> Body:
        return self._get(name)[0]

    def _lacking(self, files: Sequence[tuple[str, int]]) -> Sequence[int]:
        with as_os_errors(self._stores.url):
            sizes = self._listed(files)
            # What no list showed is asked for by its name: to call a file missing that is there would cost money.
            unseen = {name for name, _ in files} - sizes.keys()
            return lacking_of(files, sizes | sizes_of(unseen, lambda name: self._store.head(name)["size"]))

    def _listed(self, files: Sequence[tuple[str, int]]) -> dict[str, int]:
        """List from the first of the files to the last, unless far too many others are between them."""
        names = {name for name, _ in files}
        sizes: dict[str, int] = {}
        # An offset is the name behind which a list begins.
        offset = min(names, default="")[:-1] or None
        chunks = self._store.list(offset=offset, chunk_size=_LISTED_AT_ONCE) if names else ()
        for count, chunk in enumerate(chunks):
            sizes |= {entry["path"]: entry["size"] for entry in chunk if entry["path"] in names}
            is_enough = count * _LISTED_AT_ONCE > _MOST_LISTED_PER_FILE * len(names)
            if is_enough or len(sizes) == len(names) or chunk[-1]["path"] > max(names):
                break
        return sizes

    def _get(self, name: str) -> tuple[Body, float]:
        with as_os_errors(f"{self._stores.url}: {name}"):
            found = self._store.get(checked_inside(name))
            body = small_or_spooled(map(bytes, found.stream(min_chunk_size=_READ_BYTES)), self.spool)
            return body, found.meta["last_modified"].timestamp()


def _short_facts(facts: bytes) -> dict[str, str]:
    """Write facts as an attribute, which is a header: ASCII, and no two spaces in a row, which signatures mistake."""
    text = quote(json.dumps(json.loads(facts), separators=(",", ":")), safe='{}[]":,/')
    # A name without - and _: Azure takes no hyphens, and some servers drop headers with underscores.
    return {"imagine": text} if len(text) <= _LARGEST_ATTRIBUTE else {}
