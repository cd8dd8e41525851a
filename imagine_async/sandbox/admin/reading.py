"""The books, the statement and the latest calls."""

from __future__ import annotations

from attrs import frozen
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from imagine_async.sandbox.accounts import Accounts
from imagine_async.sandbox.admin.access import Access, AdminError
from imagine_async.sandbox.admin.bodies import number_in_query
from imagine_async.sandbox.calls.log import CallLog

__all__ = ["reading_routes"]

_MOST = 1000
_USUAL = 100
_ANY = 2**62


def reading_routes(access: Access, accounts: Accounts, log: CallLog) -> list[Route]:
    """Return the paths that show what happened.

    Args:
        access: Who may look.
        accounts: The accounts.
        log: The calls.
    """
    reader = _Reader(accounts, log)
    return [
        access.to_read("/_sandbox/books", reader.books),
        access.to_read("/_sandbox/statement", reader.statement),
        access.to_read("/_sandbox/calls", reader.calls),
        access.to_read("/_sandbox/calls/{id}/picture", reader.picture),
    ]


@frozen
class _Reader:
    accounts: Accounts
    log: CallLog

    async def books(self, _request: Request) -> Response:
        return JSONResponse(self.accounts.books())

    async def statement(self, request: Request) -> Response:
        entries = self.accounts.statement.entries(
            account=request.query_params.get("account"),
            after=number_in_query(request, "after", 0, highest=_ANY),
            limit=number_in_query(request, "limit", _USUAL, highest=_MOST),
        )
        return JSONResponse({"entries": entries})

    async def calls(self, request: Request) -> Response:
        after = number_in_query(request, "after", 0, highest=_ANY)
        calls = self.log.since(after, number_in_query(request, "limit", _USUAL, highest=_MOST))
        last = calls[-1].sequence if calls else after
        return JSONResponse({"calls": [call.as_data() for call in calls], "last": last})

    async def picture(self, request: Request) -> Response:
        picture = self.log.picture(request.path_params["id"])
        if picture is None:
            raise AdminError(404, "there is no picture of such a call, or no longer")
        return Response(picture.content, media_type=picture.media_type, headers={"x-content-type-options": "nosniff"})
