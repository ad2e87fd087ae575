"""Begin a migration, or write the whole schema anew.

python tools/migration.py new intents_expire_index    a file to fill in, and the folder of its check
python tools/migration.py head                        migrations/head.sql from all versions
"""

import datetime as dt
import re
import sys
from pathlib import Path
from typing import Final

from sluice.base.embedded import start_scratch
from sluice.base.migrate import head_path, in_order, migrate, versions_directory, write_head

_TEMPLATE: Final = """\
-- depends: {previous}
-- {sentence}: say what changes and why.
-- Deploy-safe: say why the release before this one keeps working while and after it runs.
--
-- Only add here; remove in a later release, when no running code needs it. Every statement gets two
-- seconds for its locks, then gives way and is tried again. Build indexes on big tables without
-- blocking writers: one statement in a file of its own, below "-- transactional: false",
-- CREATE INDEX CONCURRENTLY IF NOT EXISTS. Fill big tables in batches, by a job, not here.

"""
_BEFORE: Final = "-- Rows as the schema before this migration has them.\n"
_AFTER: Final = "-- Queries that each return one row with one column: true.\n"
_NAME: Final = re.compile(r"[a-z][a-z0-9_]{2,40}")


def new(name: str) -> Path:
    """Create an empty migration behind the last one, and the files of its check."""
    if not _NAME.fullmatch(name):
        sys.exit("NAME is lower case words with underscores, for example intents_expire_index")
    versions = versions_directory()
    previous = in_order(versions)[-1]
    today = dt.datetime.now(dt.UTC).date().isoformat()  # noqa: TID251 - a date for a file name
    number = 1 + sum(1 for _ in versions.glob(f"{today}_*.sql"))
    path = versions / f"{today}_{number:02}_{name}.sql"
    path.write_text(
        _TEMPLATE.format(previous=previous, sentence=name.replace("_", " ").capitalize())
    )
    check = versions.parent / "checks" / path.stem
    check.mkdir(parents=True)
    (check / "before.sql").write_text(_BEFORE)
    (check / "after.sql").write_text(_AFTER)
    return path


def head() -> Path:
    """Apply every version to an empty database and write down what comes out."""
    with start_scratch() as server:
        migrate(server.url)
        return write_head(server.url)


def main(arguments: list[str]) -> None:
    """Do what was asked and print the files it touched."""
    match arguments:
        case ["new", name]:
            print(new(name))
            print(head())
        case ["head"]:
            print(head())
        case _:
            sys.exit(f"{__doc__}\nThe schema is {head_path()}.")


if __name__ == "__main__":
    main(sys.argv[1:])
