"""The rules no other tool can say; each reads a source and says what to change, line by line."""

import ast
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import PurePosixPath
from typing import Final

JUNK: Final = {
    "base_classes", "common", "core", "handler", "handlers", "helper", "helpers", "impl", "lib",
    "manager", "managers", "misc", "processor", "processors", "service", "services", "shared_code",
    "stuff", "types", "util", "utils",
}  # fmt: skip
FILE_LINES_MAX: Final = 300
TEST_LINES_MAX: Final = 600
FUNCTION_LINES_MAX: Final = 50

_NOTE: Final = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")
_MACHINE_PATH: Final = re.compile(r"(?<![\w.~$}])/(?:home|root|Users|work|mnt|farm)/\w")
_LINK: Final = re.compile(r"\]\((?!https?:|mailto:|#)([^)\s#]+)")
_TRANSACTION: Final = re.compile(r"^\s*(COMMIT|ROLLBACK)\b")
_SQL: Final = re.compile(
    r"^\s*(SELECT\s.+\sFROM\s|INSERT\s+INTO\s|UPDATE\s+\w+\s+SET\s|DELETE\s+FROM\s|WITH\s+\w+.*\sAS\s*\()",
    re.DOTALL,
)
_TABLE: Final = re.compile(r"\b(?:FROM|JOIN|INTO|UPDATE)\s+(?:ONLY\s+)?([a-z_]+)\b")
_CONDITIONS: Final = re.compile(r"\b(?:WHERE|ON|USING)\b.*", re.DOTALL)
_ENVIRONMENT: Final = {"environ", "environb", "getenv"}
_MARKER: Final = "every merchant"


@dataclass(frozen=True)
class Source:
    """One file of the project: where it is and what it says."""

    path: PurePosixPath
    text: str = field(repr=False)

    @cached_property
    def tree(self) -> ast.Module:
        """Return the file as Python reads it."""
        return ast.parse(self.text)

    @property
    def package(self) -> str:
        """Return the dotted name of the file's folder, below `src`."""
        return ".".join(self.path.parts[1:-1])

    def __str__(self) -> str:
        return str(self.path)


def foreign_stores(source: Source) -> Iterator[str]:
    """Ask the noun's own verbs: a store is read only by its own folder.

    Base has no nouns: what the outbox or the idempotency keys offer is their store.
    """
    for node in ast.walk(source.tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            names = [f"{node.module}.{alias.name}" for alias in node.names] + [node.module]
            owners = {n.removesuffix(".store") for n in names if n.endswith(".store")}
            for owner in owners - {source.package}:
                if owner.startswith("sluice.base."):
                    continue
                yield f"{source}:{node.lineno} reads {owner}'s store; call a verb of that folder"


def code_on_title_pages(source: Source) -> Iterator[str]:
    """Keep `__init__.py` a title page: one docstring and nothing else."""
    if source.path.name == "__init__.py" and (
        len(source.tree.body) != 1 or ast.get_docstring(source.tree) is None
    ):
        yield f"{source} is a title page: one sentence saying what the folder is for, no code"


def junk_drawers(source: Source) -> Iterator[str]:
    """Name what is inside."""
    for part in (*source.path.parent.parts, source.path.stem):
        if part in JUNK:
            yield f"{source}: '{part}' says nothing; name the folder or file for what it holds"


def long_files(source: Source) -> Iterator[str]:
    """A file fits in a reading."""
    limit = TEST_LINES_MAX if source.path.parts[0] == "tests" else FILE_LINES_MAX
    count = len(source.text.splitlines())
    if count > limit:
        yield f"{source} has {count} lines, {limit} fit in a reading; give a part a name of its own"


def long_functions(source: Source) -> Iterator[str]:
    """A function fits on a screen."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            count = (node.end_lineno or node.lineno) - node.lineno + 1
            if count > FUNCTION_LINES_MAX:
                yield (
                    f"{source}:{node.lineno} {node.name} has {count} lines, {FUNCTION_LINES_MAX} "
                    "fit on a screen; give its steps names"
                )


def missing_first_sentences(source: Source) -> Iterator[str]:
    """The first line of each file is a sentence that says what it is."""
    first = (ast.get_docstring(source.tree) or "").split("\n\n")[0].strip()
    if not first.endswith((".", "!", "?", ":")):
        yield f"{source} begins with a docstring whose first line is a sentence: what is this?"


def commits(source: Source) -> Iterator[str]:
    """Only a Work ends a transaction, so that a request is one transaction."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Attribute) and node.attr in {"commit", "rollback"}:
            yield f"{source}:{node.lineno} ends a transaction; leave the Work's block instead"
        if isinstance(node, ast.Constant) and _TRANSACTION.match(str(node.value)):
            yield f"{source}:{node.lineno} ends a transaction; leave the Work's block instead"


def floats(source: Source) -> Iterator[str]:
    """Money is whole units: no float, no literal with a point, no true division."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, float):
            yield f"{source}:{node.lineno} {node.value} is a float; use whole units or a Fraction"
        if isinstance(node, ast.Name) and node.id == "float":
            yield f"{source}:{node.lineno} float loses money; use whole units or a Fraction"
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):
            yield f"{source}:{node.lineno} '/' makes floats; use '//' with a rounding, or split"


def notes_to_self(source: Source) -> Iterator[str]:
    """What is left to do is told where people look for it, not in the code."""
    for number, line in enumerate(source.text.splitlines(), 1):
        if _NOTE.search(line):
            yield f"{source}:{number} is a note to self; finish it, or describe it in the tracker"


def machine_paths(source: Source) -> Iterator[str]:
    """No path of one machine: it means nothing on another."""
    for number, line in enumerate(source.text.splitlines(), 1):
        if _MACHINE_PATH.search(line):
            yield f"{source}:{number} names a path of one machine; make it relative or a setting"


def dead_links(source: Source, is_there: Callable[[PurePosixPath], bool]) -> Iterator[str]:
    """A link or a picture of a document leads somewhere."""
    for number, line in enumerate(source.text.splitlines(), 1):
        for name in _LINK.findall(line):
            if not is_there(source.path.parent / name):
                yield f"{source}:{number} leads to {name}, which is not there"


def environment_reads(source: Source) -> Iterator[str]:
    """Settings are named in one place; what a child process is given may be set."""
    given = {
        id(node.value)
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store)
    }
    for node in ast.walk(source.tree):
        if id(node) in given:
            continue
        if (isinstance(node, ast.Attribute) and node.attr in _ENVIRONMENT) or (
            isinstance(node, ast.keyword) and node.arg == "envvar"
        ):
            yield f"{source}:{node.lineno} reads the environment; app/settings.py hands values in"


def loose_tasks(source: Source) -> Iterator[str]:
    """Own every task: start it in a TaskGroup of the same function, or in the listed loops."""
    for function in ast.walk(source.tree):
        if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef | ast.Module):
            continue
        groups = set(_task_groups(function))
        for node in _own_nodes(function):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute | ast.Name)):
                continue
            name = node.func.attr if isinstance(node.func, ast.Attribute) else node.func.id
            owner = node.func.value if isinstance(node.func, ast.Attribute) else None
            owned = isinstance(owner, ast.Name) and owner.id in groups
            if name in {"create_task", "ensure_future", "run_coroutine_threadsafe"} and not owned:
                yield f"{source}:{node.lineno} starts a task nobody owns; use asyncio.TaskGroup"


def _own_nodes(function: ast.AST) -> Iterator[ast.AST]:
    """Yield what belongs to a function; functions inside it speak for themselves."""
    for child in ast.iter_child_nodes(function):
        if not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
            yield child
            yield from _own_nodes(child)


def _task_groups(function: ast.AST) -> Iterator[str]:
    for node in ast.walk(function):
        if isinstance(node, ast.AsyncWith):
            for item in node.items:
                made = ast.unparse(item.context_expr)
                if made.endswith("TaskGroup()") and isinstance(item.optional_vars, ast.Name):
                    yield item.optional_vars.id


def sql_outside_stores(source: Source) -> Iterator[str]:
    """SQL lives in stores, under a name."""
    if source.path.stem.endswith("store"):
        return
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Constant) and _SQL.match(str(node.value)):
            yield f"{source}:{node.lineno} holds SQL; give it a name in the folder's store.py"


def forgotten_merchants(source: Source, owned: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """Every query of a merchant's table names merchant and mode, or says that it serves all."""
    if _MARKER in (ast.get_docstring(source.tree) or ""):
        return
    lines = source.text.splitlines()
    for line, sql in _queries(source.tree):
        if _MARKER in sql or _MARKER in lines[line - 2]:
            continue
        insert = re.match(r"\s*INSERT\b", sql)
        found = _CONDITIONS.search(sql)
        conditions = sql if insert else (found[0] if found else "")
        for table in sorted(set(_TABLE.findall(sql)) & set(owned)):
            missing = [column for column in owned[table] if column not in conditions]
            if missing:
                yield (
                    f"{source}:{line} asks {table} without {' and '.join(missing)}; add it to "
                    "the conditions, or the comment '-- every merchant' if a worker may see all"
                )


def _queries(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Yield the whole text of every constant that is run, put together from its parts."""
    texts: dict[str, str] = {}
    parts: set[str] = set()
    for statement in tree.body:
        for name in _assigned(statement):
            value = getattr(statement, "value", ast.Constant(""))
            texts[name] = _text(value, texts)
            parts |= {node.id for node in ast.walk(value) if isinstance(node, ast.Name)}
    run = {
        node.id
        for statement in tree.body
        if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        for node in ast.walk(statement)
        if isinstance(node, ast.Name)
    }
    for statement in tree.body:
        for name in _assigned(statement):
            if _SQL.match(texts[name]) and (name in run or name not in parts):
                yield statement.lineno, texts[name]


def _assigned(statement: ast.stmt) -> list[str]:
    targets = statement.targets if isinstance(statement, ast.Assign) else []
    if isinstance(statement, ast.AnnAssign) and statement.value is not None:
        targets = [statement.target]
    return [target.id for target in targets if isinstance(target, ast.Name)]


def _text(node: ast.AST, known: Mapping[str, str]) -> str:
    """Put a string expression together as far as constants go."""
    if isinstance(node, ast.Constant):
        return str(node.value)
    if isinstance(node, ast.Name):
        return known.get(node.id, "")
    if isinstance(node, ast.BinOp):
        return _text(node.left, known) + _text(node.right, known)
    if isinstance(node, ast.JoinedStr):
        return "".join(_text(part, known) for part in node.values)
    if isinstance(node, ast.FormattedValue):
        return _text(node.value, known)
    return ""


def owned_tables(schema: str) -> dict[str, list[str]]:
    """Return the tables that belong to merchants, with the columns that say to whom."""
    tables: dict[str, list[str]] = {}
    for name, body in re.findall(r"CREATE TABLE public\.(\w+) \((.*?)\n\)", schema, re.DOTALL):
        columns = re.findall(r"^    (\w+) ", body, re.MULTILINE)
        if "merchant_id" in columns:
            tables[name] = [column for column in ("merchant_id", "livemode") if column in columns]
    return tables
