"""Opening accounts, changing their terms, giving tokens, and moving the clock of the video jobs on."""

from __future__ import annotations

import math
import secrets
from collections.abc import Mapping
from typing import Any

from attrs import evolve, fields, frozen
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from imagine_async.sandbox.accounts import Accounts
from imagine_async.sandbox.accounts.registry import Member
from imagine_async.sandbox.admin.access import Access, AdminError
from imagine_async.sandbox.admin.bodies import read_members, text_or_none
from imagine_async.sandbox.plans import Plan
from imagine_async.sandbox.settings import SandboxSettings
from imagine_async.sandbox.settings_checks import is_key
from imagine_async.sandbox.videos.job_clock import JobClock

__all__ = ["changing_routes"]

_TERMS = tuple(each.name for each in fields(Plan) if each.name != "name")
_KEEP = "keep"


def changing_routes(access: Access, accounts: Accounts, settings: SandboxSettings, clock: JobClock) -> list[Route]:
    """Return the paths of the administrator.

    Args:
        access: Who that is.
        accounts: The accounts.
        settings: The plans that can be named.
        clock: The clock of the video jobs.
    """
    desk = _Desk(accounts, {plan.name: plan for plan in (settings.plan, *settings.plans)}, clock)
    return [
        access.to_change("/_sandbox/accounts", desk.accounts_of_all, "GET"),
        access.to_change("/_sandbox/accounts", desk.open, "POST"),
        access.to_change("/_sandbox/accounts/{id}", desk.change, "PATCH"),
        access.to_change("/_sandbox/accounts/{id}", desk.revoke, "DELETE"),
        access.to_change("/_sandbox/accounts/{id}/credits", desk.grant, "POST"),
        access.to_change("/_sandbox/clock", desk.advance, "POST"),
    ]


@frozen
class _Desk:
    accounts: Accounts
    plans: Mapping[str, Plan]
    clock: JobClock

    async def accounts_of_all(self, _request: Request) -> Response:
        return JSONResponse({"accounts": [member.terms() for member in self.accounts.members()]})

    async def open(self, request: Request) -> Response:
        asked = await read_members(request, ("key", "plan", *_TERMS, "expires_in"))
        key = _key(text_or_none(asked, "key"))
        plan = self._plan(asked, next(iter(self.plans.values())))
        try:
            member = self.accounts.open(key, plan, expires_at=self._expiry(asked, None))
        except ValueError as error:
            raise AdminError(409, str(error)) from None
        # The one time that the key is shown: only its digest is kept.
        return JSONResponse({"key": key, **member.terms()}, 201)

    async def change(self, request: Request) -> Response:
        member = self._member(request)
        known = ("plan", *(name for name in _TERMS if name != "credits"), "expires_in")
        asked = await read_members(request, known)
        plan = self._plan(asked, member.row.plan)
        expires_at = self._expiry(asked, member.row.expires_at)
        self.accounts.change(member, plan=plan, expires_at=expires_at, revoked=member.row.revoked)
        return JSONResponse(member.terms())

    async def revoke(self, request: Request) -> Response:
        member = self._member(request)
        self.accounts.change(member, plan=member.row.plan, expires_at=member.row.expires_at, revoked=True)
        return JSONResponse(member.terms())

    async def grant(self, request: Request) -> Response:
        member = self._member(request)
        tokens = (await read_members(request, ("tokens",))).get("tokens")
        if type(tokens) is not int or not 0 < abs(tokens) < 2**53:
            raise AdminError(400, f"tokens: a whole number, below 0 to take some back, not {tokens!r}")
        try:
            member.account.grant(tokens)
        except ValueError as error:
            raise AdminError(409, str(error)) from None
        return JSONResponse(member.terms())

    async def advance(self, request: Request) -> Response:
        seconds = (await read_members(request, ("advance",))).get("advance")
        self.clock.advance(_seconds("advance", seconds))
        return JSONResponse({"advanced": seconds})

    def _member(self, request: Request) -> Member:
        member = self.accounts.member(request.path_params["id"])
        if member is None:
            raise AdminError(404, "there is no such account: GET /_sandbox/accounts lists them")
        return member

    def _plan(self, asked: dict[str, Any], usual: Plan) -> Plan:
        name = text_or_none(asked, "plan")
        if name is not None and name not in self.plans:
            raise AdminError(400, f"plan: one of {', '.join(self.plans)}, not {name!r}")
        plan = usual if name is None else self.plans[name]
        try:
            return evolve(plan, **{term: asked[term] for term in _TERMS if term in asked})
        except (ValueError, TypeError) as error:
            raise AdminError(400, str(error)) from None

    def _expiry(self, asked: dict[str, Any], usual: float | None) -> float | None:
        seconds = asked.get("expires_in", _KEEP)
        if seconds == _KEEP:
            return usual
        return None if seconds is None else self.accounts.now() + _seconds("expires_in", seconds)


def _key(asked: str | None) -> str:
    if asked is None:
        return f"vk-{secrets.token_hex(16)}"
    if not is_key(asked):
        raise AdminError(400, "key: one or more visible ASCII characters, without blanks")
    return asked


def _seconds(name: str, value: Any) -> float:
    if type(value) not in (int, float) or not 0 <= value < math.inf:
        raise AdminError(400, f"{name}: a number of seconds from 0, not {value!r}")
    return float(value)
