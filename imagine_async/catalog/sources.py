"""Where the facts come from, under short names."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

__all__ = ["DEFAULT_BASE_URL", "SOURCES"]

DEFAULT_BASE_URL = "https://api.vyro.ai"

SOURCES: Mapping[str, str] = MappingProxyType(
    {
        "reference": "https://reference.imagine.art (API reference, page of the endpoint)",
        "errors": "https://docs.imagine.art/troubleshooting/error-documentation",
        "billing": "https://docs.imagine.art/getting-started/api-call-billing-and-token-usage",
        "transcription": "a third party's OpenAPI transcription of the reference",
        "platform": "https://platform.imagine.art/api/models (pages of single models)",
        "how it works": "https://docs.imagine.art/getting-started/how-the-api-works",
        "delete page": "https://docs.imagine.art/video-generation-apis/delete-api",
        "v1 pages": "https://vyroai.notion.site (pages of the first generation of the API)",
        "v1 SDKs": "the vendor's own published clients: imaginesdk for Python and for JavaScript",
        "v1 issues": "the public issue trackers of the vendor's clients for v1",
        "callers": "code of third parties that call the API; no official page could be read",
        "observed": "a third party's record of what the live service answered",
    }
)
