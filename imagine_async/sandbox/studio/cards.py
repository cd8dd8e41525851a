"""The latest calls, as the page shows them."""

from __future__ import annotations

from collections.abc import Iterable

from attrs import frozen

from imagine_async.catalog import ENDPOINTS, V1_ENDPOINTS
from imagine_async.sandbox.calls.call import LoggedCall
from imagine_async.sandbox.calls.log import CallLog
from imagine_async.sandbox.studio.words import title

__all__ = ["CARDS", "Card", "card", "latest_cards"]

CARDS = 100
"""How many calls are shown, not counting those that only ask how a video stands."""

_ALL = 2**31
_SEEDED = frozenset(known.name for known in (*ENDPOINTS, *V1_ENDPOINTS) if known.field("seed"))


@frozen(kw_only=True)
class Card:
    """One call.

    Args:
        call: The call.
        title: What it was.
        word: What became of it: `Running`, `Done`, `Cut off`, `Refused` or `Failed`.
        tone: How that looks: `running`, `good` or `bad`.
        seed: The seed that it can be made again with; `None` where its endpoint takes none.
        problem: What went wrong; empty where nothing did.
        has_picture: Whether its picture can be shown.
        is_job: Whether it began a video.
        is_quiet: Whether it only asked how a video stands, or deleted it.
    """

    call: LoggedCall
    title: str
    word: str
    tone: str
    seed: int | None
    problem: str
    has_picture: bool
    is_job: bool
    is_quiet: bool


def card(call: LoggedCall) -> Card:
    """Make the card of a call.

    Args:
        call: The call.
    """
    word = _word(call)
    return Card(
        call=call,
        title=f"{call.method} {call.path}" if call.endpoint is None else title(call.endpoint),
        word=word,
        tone={"Running": "running", "Done": "good"}.get(word, "bad"),
        seed=call.seed if call.endpoint in _SEEDED else None,
        problem=_problem(call, word),
        has_picture=call.media_type is not None and word != "Running",
        is_job=call.endpoint in ("text_to_video", "image_to_video"),
        is_quiet=call.endpoint is None and call.method != "POST" and (call.status or 200) < 400,
    )


def latest_cards(log: CallLog) -> list[Card]:
    """Return the latest calls, the last change first; quiet ones come on top of the limit.

    Args:
        log: The calls.
    """
    return list(_limited(map(card, reversed(log.since(0, _ALL)))))


def _limited(cards: Iterable[Card]) -> Iterable[Card]:
    shown = {False: 0, True: 0}
    for each in cards:
        shown[each.is_quiet] += 1
        if shown[each.is_quiet] <= CARDS:
            yield each


def _word(call: LoggedCall) -> str:
    if call.seconds is None:
        return "Running"
    if call.status is None or (call.status < 400 and not call.whole):
        return "Cut off"
    return "Done" if call.status < 400 else "Refused" if call.status < 500 else "Failed"


def _problem(call: LoggedCall, word: str) -> str:
    if word in ("Running", "Done"):
        return ""
    usual = "The reply did not go out to its end." if word == "Cut off" else "No reason was given."
    code = "" if call.code is None or call.code == call.status else f" (code {call.code})"
    return f"{call.message or usual}{code}"
