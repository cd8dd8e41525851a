"""The books that a command looks into: in which store, and of which account."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path
from typing import Annotated, TypeAlias, TypeVar

import anyio
from attrs import frozen
from cyclopts import Parameter

from imagine_async.catalog import DEFAULT_BASE_URL
from imagine_async.cli.output import CommandError
from imagine_async.cli.tables import visible
from imagine_async.clock import SYSTEM_CLOCK
from imagine_async.config import KEY_VARIABLE, STORE_VARIABLE, Secret, Settings, find_settings
from imagine_async.config.files import settings_files
from imagine_async.config.table import API_KEY
from imagine_async.errors import ConfigurationError, MissingExtraError, StoreError
from imagine_async.middleware.ledger import Ledger
from imagine_async.stores import MemoryStore, Store
from imagine_async.stores.budgets import budgets_of
from imagine_async.stores.opening import account_of, open_store

__all__ = ["USUAL_PLACE", "Books", "Place", "Where", "has_key", "work_in_books"]

T = TypeVar("T")

_MEMORY = (
    "the store is 'memory', and books in memory end with their process: keep them in a file, for your programs and for "
    f"this command, by\n    export {STORE_VARIABLE}=sqlite:~/imagine.db\nor name a store for this command by --store"
)
_NO_ACCOUNT = f"set {KEY_VARIABLE} to the key whose books are meant"
# Stands in where the settings are looked for and the key does not matter.
_ANY_KEY = Secret("none")


@frozen(kw_only=True)
class Place:
    """Which books are meant.

    Args:
        store: sqlite:PATH or redis://HOST:PORT/NUMBER, instead of IMAGINE_STORE.
        account: The account's name in the store, instead of the one that belongs to your key.
    """

    store: str | None = None
    account: str | None = None


USUAL_PLACE = Place()
"""The store of the settings, and the account of the key there or else the only one in the store."""

Where: TypeAlias = Annotated[Place, Parameter(name="*")]
"""How a command takes a place: as options of its own."""


@frozen
class Books:
    """The books of an account, opened.

    Args:
        ledger: The books, under the budget of the settings if there is one.
        budget_source: Where that budget comes from: a variable's name or a file's path.
    """

    ledger: Ledger
    budget_source: str


def work_in_books(place: Place, work: Callable[[Books], Awaitable[T]], *, may_begin: bool = False) -> T:
    """Open books, do something with them, and close them.

    Args:
        place: Which books.
        work: What to do.
        may_begin: Whether books may be begun where there are none.

    Returns:
        What comes of the work.

    Raises:
        CommandError: There are no such books, or they cannot be used.
        ConfigurationError: A setting cannot be read.
    """
    try:
        return anyio.run(_work, place, work, may_begin)
    except StoreError as error:
        where = "" if error.store in error.message else f"{error.store}: "
        raise CommandError(visible(f"{where}{error.message}")) from error


async def _work(place: Place, work: Callable[[Books], Awaitable[T]], may_begin: bool) -> T:
    # The books need no key: a store can be looked into where only the programs have one.
    settings = find_settings(api_key=_ANY_KEY, base_url=DEFAULT_BASE_URL)
    store = _opened(str(settings.store) if place.store is None else place.store.strip())
    account = _account_of_the_key() if place.account is None else None
    _refuse_to_begin(store, account, may_begin=may_begin)
    try:
        account = account or _chosen(await store.accounts(), place.account)
        return await work(_books(store, account, settings))
    finally:
        await store.aclose()


def _opened(text: str) -> Store:
    try:
        store = open_store(text, clock=SYSTEM_CLOCK)
    except MissingExtraError:
        raise
    except ConfigurationError as error:
        raise CommandError(visible(error.message), code=2) from error
    if isinstance(store, MemoryStore):
        raise CommandError(_MEMORY, code=2)
    return store


def _books(store: Store, account: str, settings: Settings) -> Books:
    ledger = Ledger(store, account, budgets=budgets_of(settings.budget), clock=SYSTEM_CLOCK)
    return Books(ledger, settings.sources["budget"])


def _account_of_the_key() -> str | None:
    """Name the account as the client does; `None` where there is no key."""
    if not has_key():
        return None
    settings = find_settings()
    return account_of(settings.api_key, settings.base_url)


def has_key() -> bool:
    """Tell whether the environment or a file of settings has a key."""
    if os.environ.get(KEY_VARIABLE, "").strip():
        return True
    return any(API_KEY.name in file.values for file in settings_files())


def _refuse_to_begin(store: Store, account: str | None, *, may_begin: bool) -> None:
    """Keep a command that only looks, or that does not know whose books they would be, from leaving a file behind."""
    from imagine_async.stores.sqlite import SqliteStore

    if isinstance(store, SqliteStore) and _is_missing(store.path) and not (may_begin and account):
        way = "" if account else f"{_NO_ACCOUNT}, and then: "
        raise CommandError(
            f"there are no books at {visible(str(store.path))}: no program has used this store yet. "
            f"To begin some by a budget, {way}imagine budget set TOKENS"
        )


def _is_missing(path: Path) -> bool:
    try:
        return not path.stat().st_size
    except (FileNotFoundError, NotADirectoryError):
        return True
    except OSError:
        # The store meets it as well, and knows what to say.
        return False


def _chosen(accounts: Iterable[str], wanted: str | None) -> str:
    """Choose an account where no key names it."""
    known = tuple(accounts)
    if wanted in known:
        return str(wanted)
    if wanted is not None:
        raise CommandError(f"there are no books of an account {visible(wanted)!r} in this store. {_listed(known)}")
    if len(known) > 1:
        raise CommandError(f"whose books are meant? Name one by --account, or {_NO_ACCOUNT}. {_listed(known)}", code=2)
    if not known:
        raise CommandError(f"the store holds no books yet. To begin some, {_NO_ACCOUNT}")
    return known[0]


def _listed(accounts: tuple[str, ...]) -> str:
    return "The store has those of " + (", ".join(map(visible, accounts)) or "nobody")
