"""One book for all tests of the promises; each plants its fault in a transaction of its own."""

import asyncio
import os
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row

from tests.integration.promises.book import write_book
from tests.simulation.ground import fresh_database, make_template
from tests.simulation.world import open_world


@pytest.fixture(scope="module")
def book_url(database_server: str) -> Iterator[str]:
    """Return the URL of a database with a bit of everything in it."""

    async def write(url: str) -> None:
        async with open_world(url, 1) as world:
            await write_book(world)

    name = f"sluice_book_{os.getpid()}"
    with fresh_database(database_server, make_template(database_server), name) as url:
        asyncio.run(write(url))
        yield url


@pytest.fixture
def book(book_url: str) -> Iterator[psycopg.Connection[dict[str, Any]]]:
    """Open the book as its owner; whatever is done to it is undone."""
    with psycopg.connect(book_url, row_factory=dict_row) as connection:
        yield connection
        connection.rollback()
