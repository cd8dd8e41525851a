"""The check of the key, which the live service makes before it looks at the path."""

from __future__ import annotations

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from imagine_async.sandbox.accounts import Account, Accounts
from imagine_async.sandbox.dialects import Dialect, dialect_of
from imagine_async.sandbox.replies import RefusedError

__all__ = ["KeyGuard"]


class KeyGuard:
    """Lets requests below `/v2` and v1's root through with a known key only, and tells each what is left of its rate.

    Args:
        app: The application behind the guard; it finds the `Account` as `request.state.account`. Before the guard
            stands a `CallRecorder`.
        accounts: The accounts that are let in.
    """

    def __init__(self, app: ASGIApp, accounts: Accounts) -> None:
        self._app = app
        self._accounts = accounts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection of any kind, as ASGI wants it."""
        dialect = dialect_of(scope["path"]) if scope["type"] == "http" else None
        if dialect is None:
            await self._app(scope, receive, send)
            return
        try:
            account = self._account(dialect, Headers(scope=scope))
        except RefusedError as refusal:
            await dialect.refuse(refusal)(scope, receive, send)
            return
        scope.setdefault("state", {})["account"] = account
        scope["state"]["call"].account = account.name
        await self._app(scope, receive, _with_quota(send, account))

    def _account(self, dialect: Dialect, headers: Headers) -> Account:
        key = dialect.key(headers)
        if key is None:
            raise RefusedError(1000, "The bearer token is missing.")
        member = self._accounts.find(key.encode("latin-1"))
        if member is None or member.row.revoked:
            raise RefusedError(1001, "The bearer token is invalid.")
        if member.is_expired(self._accounts.now()):
            raise RefusedError(1002, "The bearer token has expired.")
        return member.account


def _with_quota(send: Send, account: Account) -> Send:
    async def send_with_quota(message: Message) -> None:
        quota = account.quota() if message["type"] == "http.response.start" else None
        if quota is not None:
            MutableHeaders(scope=message).update(quota.headers())
        await send(message)

    return send_with_quota
