"""The paths of the studio page."""

from __future__ import annotations

import secrets

from attrs import field, frozen
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from imagine_async.sandbox.accounts import Accounts
from imagine_async.sandbox.admin.access import Access, AdminError
from imagine_async.sandbox.admin.bodies import number_in_query
from imagine_async.sandbox.calls.log import CallLog
from imagine_async.sandbox.settings import SandboxSettings
from imagine_async.sandbox.studio.assets import assets
from imagine_async.sandbox.studio.cards import CARDS, card, latest_cards
from imagine_async.sandbox.studio.forms import form_groups, prices
from imagine_async.sandbox.studio.page import render
from imagine_async.sandbox.studio.usage import usage_of

__all__ = ["BUILT_IN_KEY", "studio_routes"]

BUILT_IN_KEY = "vk-sandbox"
"""The key that every reader of the manual knows, and the only one that the page fills in."""

_ANY = 2**62
_HEADERS = {
    "content-security-policy": "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "img-src 'self' blob: data:",
            "media-src 'self' blob:",
            "connect-src 'self'",
            "form-action 'none'",
            "frame-ancestors 'none'",
            "base-uri 'none'",
        )
    ),
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cache-control": "no-store",
}


def studio_routes(access: Access, accounts: Accounts, log: CallLog, settings: SandboxSettings) -> list[Route]:
    """Return the page at `/` and what it loads.

    Args:
        access: Who may look.
        accounts: The accounts.
        log: The calls.
        settings: What is charged, and which key may be filled in.
    """
    studio = _Studio(accounts, log, settings)
    return [
        access.to_read("/", studio.page),
        access.to_read("/_sandbox/studio/news", studio.news),
        access.to_read("/_sandbox/studio/{name}", studio.asset),
    ]


@frozen
class _Studio:
    accounts: Accounts
    log: CallLog
    settings: SandboxSettings
    # By it a page that stays open notices that the sandbox was started anew, and the count of changes with it.
    run: str = field(factory=lambda: secrets.token_hex(8), init=False)

    async def page(self, request: Request) -> Response:
        cards = latest_cards(self.log)
        return _html(
            "page",
            **self._news(cards),
            last=max((each.call.sequence for each in cards), default=0),
            base_url=str(request.base_url).rstrip("/"),
            groups=form_groups(),
            prices=lambda form: prices(form, self.settings),
            key=self._key(),
            status_path=self.settings.status_paths[0] if self.settings.status_paths else "",
        )

    async def news(self, request: Request) -> Response:
        after = number_in_query(request, "after", 0, highest=_ANY)
        changed = self.log.since(after, 2 * CARDS)
        last = changed[-1].sequence if changed else after
        return _html("news", **self._news([card(call) for call in reversed(changed)]), last=last)

    async def asset(self, request: Request) -> Response:
        asset = assets().get(request.path_params["name"])
        if asset is None:
            raise AdminError(404, "the studio page has no such file")
        return Response(asset.content, media_type=asset.media_type, headers=_HEADERS)

    def _news(self, cards: object) -> dict[str, object]:
        return {"usage": usage_of(self.accounts), "cards": cards, "run": self.run, "most": CARDS}

    def _key(self) -> str:
        """Return a key to fill in: never one that somebody chose, because whoever sees the page could use it."""
        known = BUILT_IN_KEY in self.settings.keys and not self.settings.private
        return BUILT_IN_KEY if known else ""


def _html(template: str, **values: object) -> Response:
    return HTMLResponse(render(template, **values), headers=_HEADERS)
