"""The pictures of a batch to look at: a web page that opens from the disk, and contact sheets."""

from __future__ import annotations

from imagine_async.batch.gallery.page import write_gallery
from imagine_async.batch.gallery.sheet import write_contact_sheet

__all__ = ["write_contact_sheet", "write_gallery"]
