"""Finished pictures and videos behind signed URLs that end, as the live service's lie in an object store."""
