"""From a URL to a client of its object store."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from imagine_async.errors import ConfigurationError, MissingExtraError

if TYPE_CHECKING:
    from obstore.store import ObjectStore

__all__ = ["SCHEMES", "CloudStores"]

_S3 = ("s3://", "s3a://")
_GOOGLE = ("gs://",)
_AZURE = ("az://", "azure://", "abfs://", "abfss://", "adl://")
SCHEMES = (*_S3, *_GOOGLE, *_AZURE)
"""How a URL of an object store begins."""


class CloudStores:
    """The client of an object store.

    Args:
        url: Bucket and prefix.
        options: What obstore's `from_url` takes.

    Attributes:
        store: The client; paths are relative to the prefix.

    Raises:
        ConfigurationError: The URL names no bucket, or there is no such option.
        MissingExtraError: The extra `cloud` is not installed.
    """

    def __init__(self, url: str, options: Mapping[str, Any]) -> None:
        if not isinstance(url, str) or not url.startswith(SCHEMES) or "@" in url or "?" in url:
            raise ConfigurationError("write s3://BUCKET/PREFIX, gs://BUCKET/PREFIX or az://CONTAINER/PREFIX, no more")
        self.url = url
        self._options = dict(options)
        self._by_media_type: dict[str, ObjectStore] = {}
        if url.startswith(_S3):
            # What every S3 can do: a copy in parts, which is refused at its end if there is such an object.
            self._options.setdefault("copy_if_not_exists", "multipart")
        self.store = self._opened(self._options)

    def for_copies(self, media_type: str) -> ObjectStore:
        """Return a client whose copies have a media type: a copy in parts does not take over that of the original.

        Args:
            media_type: For example `video/mp4`.
        """
        if not self.url.startswith(_S3):
            return self.store
        if media_type not in self._by_media_type:
            client = dict(self._options.get("client_options") or {}) | {"default_content_type": media_type}
            self._by_media_type[media_type] = self._opened(self._options | {"client_options": client})
        return self._by_media_type[media_type]

    def _opened(self, options: Mapping[str, Any]) -> ObjectStore:
        try:
            from obstore.exceptions import BaseError
            from obstore.store import from_url
        except ImportError:
            raise MissingExtraError(f"a batch whose files go to {self.url}", "cloud") from None
        try:
            return from_url(self.url, **options)
        except (BaseError, ValueError, TypeError) as error:
            reason = str(error).partition("\n")[0]
            raise ConfigurationError(f"{self.url}: {reason}; write s3://BUCKET/PREFIX or the like") from None
