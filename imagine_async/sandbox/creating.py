"""The endpoints that answer with a picture."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from attrs import frozen
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from imagine_async.catalog import Endpoint
from imagine_async.sandbox.accounts import Account
from imagine_async.sandbox.accounts.charges import Charge
from imagine_async.sandbox.admission import admitted, reserve
from imagine_async.sandbox.calls.call import LoggedCall
from imagine_async.sandbox.calls.log import CallLog
from imagine_async.sandbox.forms import Texts, check_files, check_texts, decode_order
from imagine_async.sandbox.multipart import read_form
from imagine_async.sandbox.painting import paint
from imagine_async.sandbox.replies import RefusedError
from imagine_async.sandbox.results.picture_replies import PictureReplies
from imagine_async.sandbox.results.store import Result
from imagine_async.sandbox.room import PixelRoom
from imagine_async.sandbox.served import PICTURE_ENDPOINTS, paths_of
from imagine_async.sandbox.settings import SandboxSettings
from imagine_async.sandbox.threads import CHECKERS, PAINTERS, in_thread
from imagine_async.sandbox.v1.rules import GENERATIONS_OF_ANY_RATIO, is_v1, unprocessable_values

if TYPE_CHECKING:
    from imagine_async.sandbox.engines import Engine

__all__ = ["picture_routes"]

_logger = logging.getLogger(__name__)

_CHECKED = {GENERATIONS_OF_ANY_RATIO.name: GENERATIONS_OF_ANY_RATIO}


def picture_routes(
    settings: SandboxSettings, engine: Engine, replies: PictureReplies, log: CallLog, room: PixelRoom
) -> list[Route]:
    """Return the paths of all picture endpoints of v2 and v1.

    Args:
        settings: What is accepted and charged.
        engine: What paints.
        replies: What makes the replies.
        log: What keeps the pictures of the latest calls.
        room: Where the pixels of uploaded pictures may lie.
    """
    creations = [
        _Creation(_CHECKED.get(endpoint.name, endpoint), settings, engine, replies, log, room)
        for endpoint in PICTURE_ENDPOINTS
    ]
    return [
        Route(path, creation.serve, methods=["POST"]) for creation in creations for path in paths_of(creation.endpoint)
    ]


@frozen
class _Creation:
    """One creating endpoint: limit, form, credits, engine, in the order of the live service as far as it is known."""

    endpoint: Endpoint
    settings: SandboxSettings
    engine: Engine
    replies: PictureReplies
    log: CallLog
    room: PixelRoom

    async def serve(self, request: Request) -> Response:
        settings = self.settings
        with admitted(request.state.account, settings):
            async with read_form(request, max_bytes=settings.max_body_bytes, patience=settings.body_patience) as form:
                texts = self._checked(request.state.call, form)
                if texts.files:
                    await in_thread(lambda: check_files(texts, settings, self.room), CHECKERS)
                return await self._sell(texts, request)

    def _checked(self, call: LoggedCall, form: FormData) -> Texts:
        any_seed = self.settings.accept_any_seed or is_v1(self.endpoint)
        with unprocessable_values(self.endpoint, wanted=self.settings.v1_unprocessable):
            texts = check_texts(self.endpoint, form, any_seed=any_seed)
        call.describe(self.endpoint.name, prompt=texts.values.get("prompt"), style=texts.style, seed=texts.seed)
        return texts

    async def _sell(self, texts: Texts, request: Request) -> Response:
        account, call, base_url = request.state.account, request.state.call, str(request.base_url)
        charge = reserve(account, texts, self.settings, call=call.id)

        def paint_and_settle() -> Response:
            picture = self._painted(texts)
            reply = self.replies.reply(base_url, self.endpoint, picture)
            self._settle(account, charge, call)
            self.log.keep_picture(call, Result(picture, f"image/{self.endpoint.reply}"))
            return reply

        try:
            return await in_thread(paint_and_settle, PAINTERS)
        except Exception as error:
            _logger.exception("The engine failed at %s", charge.line)
            if not self.settings.refund_server_faults:
                await in_thread(lambda: self._settle(account, charge, call), CHECKERS)
            raise RefusedError(1200, "The service is not available.") from error
        finally:
            # Does nothing once the picture is there, even if its client has gone by now.
            account.release(charge)

    def _painted(self, texts: Texts) -> bytes:
        # Decoded once more: the pixels of all who wait for their turn would fill the memory.
        return decode_order(texts, self.settings, self.room, lambda order: paint(self.engine, order))

    def _settle(self, account: Account, charge: Charge, call: LoggedCall) -> None:
        account.settle(charge)
        call.tokens = charge.tokens
