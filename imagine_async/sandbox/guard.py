"""The bearer check, which the live service makes before it looks at the path."""

from __future__ import annotations

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from imagine_async.sandbox.accounts import Account, Accounts
from imagine_async.sandbox.replies import RefusedError

__all__ = ["KeyGuard"]


class KeyGuard:
    """Lets requests below `/v2` through with a known key only, and tells each what is left of its rate limit.

    Args:
        app: The application behind the guard; it finds the `Account` as `request.state.account`.
        accounts: The accounts that are let in.
    """

    def __init__(self, app: ASGIApp, accounts: Accounts) -> None:
        self._app = app
        self._accounts = accounts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection of any kind, as ASGI wants it."""
        if scope["type"] != "http" or not f"{scope['path']}/".startswith("/v2/"):
            await self._app(scope, receive, send)
            return
        try:
            account = self._account(Headers(scope=scope).get("authorization", ""))
        except RefusedError as refusal:
            await refusal.reply()(scope, receive, send)
            return
        scope.setdefault("state", {})["account"] = account
        await self._app(scope, receive, _with_quota(send, account))

    def _account(self, authorization: str) -> Account:
        scheme, _, key = authorization.partition(" ")
        if scheme.lower() != "bearer" or not key.strip():
            raise RefusedError(1000, "The bearer token is missing.")
        account = self._accounts.find(key.strip().encode("latin-1"))
        if account is None:
            raise RefusedError(1001, "The bearer token is invalid.")
        return account


def _with_quota(send: Send, account: Account) -> Send:
    async def send_with_quota(message: Message) -> None:
        quota = account.quota() if message["type"] == "http.response.start" else None
        if quota is not None:
            MutableHeaders(scope=message).update(quota.headers())
        await send(message)

    return send_with_quota
