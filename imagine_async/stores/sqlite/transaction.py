"""What the operations on limits and books work with: one transaction of the file."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from typing import Any, TypeAlias

from attrs import frozen

from imagine_async.clock import Clock

__all__ = ["Transaction", "Work"]

Row: TypeAlias = tuple[Any, ...]


@frozen
class Transaction:
    """A transaction that has begun, and that somebody else ends.

    Args:
        connection: The connection.
        clock: The time.
    """

    connection: sqlite3.Connection
    clock: Clock

    def row(self, query: str, *values: object) -> Row | None:
        """Return the first row that a query finds.

        Args:
            query: The query.
            values: Its values.
        """
        found: Row | None = self.connection.execute(query, values).fetchone()
        return found

    def rows(self, query: str, *values: object) -> list[Row]:
        """Return all rows that a query finds.

        Args:
            query: The query.
            values: Its values.
        """
        return self.connection.execute(query, values).fetchall()

    def change(self, statement: str, *values: object) -> int:
        """Change rows.

        Args:
            statement: The statement.
            values: Its values.

        Returns:
            How many rows that were.
        """
        return self.connection.execute(statement, values).rowcount


@frozen
class Work:
    """An operation with its arguments, for the store's thread.

    Args:
        operation: A function of a transaction and the arguments.
        arguments: What it takes besides the transaction.
        is_durable: Whether it must be on the disk, safe from a power cut, before it is answered.
    """

    operation: Callable[..., Any]
    arguments: tuple[Any, ...]
    is_durable: bool = False

    def __str__(self) -> str:
        return f"{self.operation.__name__}{self.arguments}"

    def run(self, transaction: Transaction) -> Any:
        """Do it.

        Args:
            transaction: Where.

        Returns:
            Its result.
        """
        return self.operation(transaction, *self.arguments)
