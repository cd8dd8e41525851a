"""Pictures that callers hand in, in every form, as bodies that can be sent again.

`as_source` makes a source of any form. Most are at hand then (`Source`): they know their size, and give their bytes any
number of times. A URL or an async stream is not (`Unresolved`); `resolve` reads it before the call is sent.
"""

from __future__ import annotations

from imagine_async.inputs.forms import AsyncReader, BinaryReader, ImageInput, SupportsArray, as_source
from imagine_async.inputs.pieces import PIECE_BYTES
from imagine_async.inputs.resolve import Fetch, resolve
from imagine_async.inputs.sources import BytesSource, FileSource, PathSource, Source, SpoolSource
from imagine_async.inputs.spooling import MAX_BYTES, SPOOL_BYTES
from imagine_async.inputs.unresolved import UNRESOLVED, AnySource, RowOutput, StreamSource, Unresolved, UrlSource

__all__ = [
    "MAX_BYTES",
    "PIECE_BYTES",
    "SPOOL_BYTES",
    "UNRESOLVED",
    "AnySource",
    "AsyncReader",
    "BinaryReader",
    "BytesSource",
    "Fetch",
    "FileSource",
    "ImageInput",
    "PathSource",
    "RowOutput",
    "Source",
    "SpoolSource",
    "StreamSource",
    "SupportsArray",
    "Unresolved",
    "UrlSource",
    "as_source",
    "resolve",
]
