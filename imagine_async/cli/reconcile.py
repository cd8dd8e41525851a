"""`imagine budget reconcile`: what the vendor's page says of the account, against the books."""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter

from imagine_async.cli.books import USUAL_PLACE, Books, Where, work_in_books
from imagine_async.cli.output import CommandError, say
from imagine_async.cli.tables import as_text
from imagine_async.usage import Reconciliation

__all__ = ["reconcile"]


def reconcile(
    balance: float, /, *, anew: Annotated[bool, Parameter(negative="")] = False, place: Where = USUAL_PLACE
) -> None:
    """Compare the books with the tokens that are left on your account, as https://platform.imagine.art shows them.

    The first balance is noted; each later one is compared with what was spent since.
    Held calls that make up the difference are booked as charged, the others as not charged.

    Args:
        balance: Tokens left on the account now.
        anew: Note the balance as if it were the first, for example after tokens were added to the account.
        place: Which books, as --store and --account say.
    """

    async def compare(books: Books) -> None:
        found = await books.ledger.reconcile(balance, anew=anew)
        if found.unexplained:
            raise CommandError(_unexplained(sum(found.unexplained.values())))
        say(_agreed(found, balance))

    work_in_books(place, compare)


def _agreed(found: Reconciliation, balance: float) -> str:
    if found.is_first:
        return f"Noted: {as_text(balance)} tokens are left. The next balance is compared with what is spent until then."
    if not found.settled and not found.released:
        return "The books agree with the balance."
    return (
        f"The books agree with the balance: of the held calls {found.settled} were charged, "
        f"and {found.released} were not."
    )


def _unexplained(tokens: float) -> str:
    if tokens > 0:
        what, cause = "more", "another program may have used the key without these books"
    else:
        what, cause = "less", "tokens may have been added to it"
    return (
        f"{as_text(abs(tokens))} tokens {what} were taken from the account than the books and their holds explain: "
        f"{cause}. Nothing was changed. Where you know why, go on by: imagine budget reconcile BALANCE --anew"
    )
