"""The endpoints that answer with a picture."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING

from attrs import frozen
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from imagine_async.catalog import ENDPOINTS, V1_ENDPOINTS, V1_UPSCALE, Endpoint
from imagine_async.sandbox.accounts import Account
from imagine_async.sandbox.admission import admit, reserve
from imagine_async.sandbox.forms import Texts, check_texts, decode_order
from imagine_async.sandbox.multipart import read_form
from imagine_async.sandbox.painting import paint
from imagine_async.sandbox.replies import RefusedError
from imagine_async.sandbox.resizing import RESIZE_WITH_SIZE
from imagine_async.sandbox.results.picture_replies import PictureReplies
from imagine_async.sandbox.settings import SandboxSettings
from imagine_async.sandbox.threads import CHECKERS, PAINTERS, in_thread
from imagine_async.sandbox.v1.rules import GENERATIONS_OF_ANY_RATIO, is_v1

if TYPE_CHECKING:
    from imagine_async.sandbox.engines import Engine

__all__ = ["picture_routes"]

_logger = logging.getLogger(__name__)

_SERVED = {endpoint.name: endpoint for endpoint in (RESIZE_WITH_SIZE, GENERATIONS_OF_ANY_RATIO)}


def picture_routes(settings: SandboxSettings, engine: Engine, replies: PictureReplies) -> list[Route]:
    """Return the paths of all picture endpoints of v2 and v1.

    Args:
        settings: What is accepted and charged.
        engine: What paints.
        replies: What makes the replies.
    """
    creations = [
        _Creation(_SERVED.get(endpoint.name, endpoint), settings, engine, replies)
        for endpoint in (*ENDPOINTS, *V1_ENDPOINTS)
    ]
    return [Route(path, creation.serve, methods=["POST"]) for creation in creations for path in creation.paths()]


@frozen
class _Creation:
    """One creating endpoint: limit, form, credits, engine, in the order of the live service as far as it is known."""

    endpoint: Endpoint
    settings: SandboxSettings
    engine: Engine
    replies: PictureReplies

    def paths(self) -> tuple[str, ...]:
        # The vendor's two clients do not agree on the slash.
        path = self.endpoint.path
        return (path, f"{path}/") if self.endpoint.name == V1_UPSCALE.name else (path,)

    async def serve(self, request: Request) -> Response:
        account, settings = request.state.account, self.settings
        admit(account, settings)
        any_seed = settings.accept_any_seed or is_v1(self.endpoint)
        async with read_form(request, max_bytes=settings.max_body_bytes, patience=settings.body_patience) as form:
            texts = check_texts(self.endpoint, form, any_seed=any_seed)
            if texts.files:
                await in_thread(lambda: decode_order(texts, settings), CHECKERS)
            base_url = str(request.base_url)
            return await self._sell(texts, account, lambda body: self.replies.reply(base_url, self.endpoint, body))

    async def _sell(self, texts: Texts, account: Account, wrapped: Callable[[bytes], Response]) -> Response:
        charge = reserve(account, texts, self.settings)

        def paint_and_settle() -> Response:
            # Decoded once more: the pixels of all who wait for their turn would fill the memory.
            reply = wrapped(paint(self.engine, decode_order(texts, self.settings)))
            account.settle(charge)
            return reply

        try:
            return await in_thread(paint_and_settle, PAINTERS)
        except Exception as error:
            _logger.exception("The engine failed at %s", charge.line)
            raise RefusedError(1200, "The service is not available.") from error
        finally:
            # Does nothing once the picture is there, even if its client has gone by now.
            account.release(charge)
