"""Who may call: keys, plans, what is left of them, and a durable statement of every charge."""

from __future__ import annotations

from imagine_async.sandbox.accounts.account import Account
from imagine_async.sandbox.accounts.books_file import BooksError
from imagine_async.sandbox.accounts.registry import Accounts

__all__ = ["Account", "Accounts", "BooksError"]
