"""What the program says, read from its source: every sentence raised, said or shown, with {} where a value stands."""

from __future__ import annotations

import ast
import itertools
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("data", "features", "models", "flows")
#: Where nobody is told anything: worlds made up for tests and measurements, generated READMEs and SQL, and what words
#: its own Chinese.
SILENT = (
    "data/simulate/honest/",
    "data/simulate/schemes/",
    "data/simulate/lookalikes/",
    "flows/readme.py",
    "flows/evaluate/measured.py",
    "flows/publish/replay_sql.py",
    "models/sources/judged.py",
    "models/sources/registers.py",
    "models/sources/spark.py",
)
ERRORS = {"FundwatchError", "InUse", "CheckStopped", "UsageError", "InputRefused"}
#: Errors that are told inside another sentence: what is wrong with a card, a setting or a query.
INNER = {"CardError", "SettingError", "SqlRefused"}
#: What makes a returned text a piece of SQL.
SQL = re.compile(
    r"\b(select|case|cast|coalesce|insert|union|from \{|as \{|join|null|cast|count)\b|\(.*[=<>|].*\)|\|\||\$|\.sql\b|\w\(\{|^when \{\} then\b",
    re.IGNORECASE,
)
#: Two words of prose one after another.
PROSE = re.compile(r"\b[A-Za-z]?[a-z']+[,:;]? [a-z]+\b")
#: Calls whose first word is a sentence: methods and functions by their last name.
SAYING = {"say", "progress", "Outcome", "table"}
#: A sentence of more alternatives than this has its parts translated one by one.
MOST = 24


def utterances() -> dict[str, list[str]]:
    """Template -> where it stands, as file:line."""
    found: dict[str, list[str]] = {}
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            name = path.relative_to(ROOT).as_posix()
            if not name.startswith(SILENT):
                for line, template in _of(ast.parse(path.read_text(encoding="utf-8"))):
                    found.setdefault(template, []).append(f"{name}:{line}")
    return found


def _of(tree: ast.Module) -> Iterator[tuple[int, str]]:
    constants = _assigned(tree.body)
    errors = {*ERRORS, *INNER} | {
        node.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef) and any(isinstance(b, ast.Name) and b.id in ERRORS for b in node.bases)
    }
    functions = [n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef)]
    for function in [tree, *functions]:
        names = constants | (_assigned(list(_own(function))) if function is not tree else {})
        for node in _own(function):
            for sentence in _sentences(node, errors):
                for template in sorted(set(_templates(sentence, names))):
                    for line in map(str.strip, template.split("\n")):
                        if _is_worded(line):
                            yield sentence.lineno, line
            for text in _handed_on(node):
                for template in sorted(set(_templates(text, names))):
                    if PROSE.search(template) and not SQL.search(template) and "\n" not in template:
                        yield text.lineno, template.strip()


def _own(function: ast.AST) -> Iterator[ast.AST]:
    """The nodes of a function without those of the functions in it."""
    waiting = list(ast.iter_child_nodes(function))
    while waiting:
        node = waiting.pop(0)
        yield node
        if not isinstance(node, ast.FunctionDef):
            waiting[:0] = ast.iter_child_nodes(node)


def _assigned(nodes: list[ast.AST]) -> dict[str, list[ast.expr]]:
    """Local name -> the texts it is given; one that is given anything else is no text."""
    given: dict[str, list[ast.expr]] = {}
    for node in nodes:
        if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
            given.setdefault(node.targets[0].id, []).append(node.value)
        elif isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name):
            given.setdefault(node.target.id, []).append(ast.Call(ast.Name("?"), [], []))
    return {name: values for name, values in given.items() if all(map(_is_text, values))}


def _is_text(node: ast.expr) -> bool:
    if isinstance(node, ast.IfExp):
        return _is_text(node.body) and _is_text(node.orelse)
    if isinstance(node, ast.BinOp):
        return isinstance(node.op, ast.Add) and _is_text(node.left) and _is_text(node.right)
    return isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str))


def _sentences(node: ast.AST, errors: set[str]) -> Iterator[ast.expr]:
    if isinstance(node, ast.Call) and node.args:
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if name in errors | SAYING:
            yield node.args[0]
    if isinstance(node, ast.Yield) and isinstance(node.value, ast.Tuple) and len(node.value.elts) == 3:
        if isinstance(node.value.elts[1], ast.Constant | ast.IfExp):  # a line of doctor: what, state, sentence
            yield node.value.elts[2]


def _handed_on(node: ast.AST) -> Iterator[ast.expr]:
    """Texts that a function gives back or gathers: parts of what somebody else says."""
    if isinstance(node, ast.Return | ast.Yield) and node.value is not None and not isinstance(node.value, ast.Tuple):
        yield node.value
    if isinstance(node, ast.AugAssign) and _is_text(node.value):
        yield node.value
    if isinstance(node, ast.Assign | ast.AugAssign):
        value = node.value.body if isinstance(node.value, ast.IfExp) else node.value
        yield from (e for e in getattr(value, "elts", ()) if isinstance(e, ast.JoinedStr))
    if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "append" and node.args:
        yield node.args[0]


def _templates(node: ast.expr, names: dict[str, list[ast.expr]], depth: int = 0) -> list[str]:
    """Every form a text can have; what is not known here is {}."""
    if isinstance(node, ast.Constant):
        return [node.value] if isinstance(node.value, str) else ["{}"]
    if isinstance(node, ast.IfExp):
        return _templates(node.body, names, depth) + _templates(node.orelse, names, depth)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return _product([_templates(node.left, names, depth), _templates(node.right, names, depth)])
    if isinstance(node, ast.JoinedStr):
        return _product([_part(value, names, depth) for value in node.values])
    if isinstance(node, ast.Name) and node.id in names and depth < 3:
        return [t for value in names[node.id] for t in _templates(value, names, depth + 1)]
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "format":
        return [re.sub(r"\{[^{}]*\}", "{}", t) for t in _templates(node.func.value, names, depth)]
    return ["{}"]


def _part(node: ast.expr, names: dict[str, list[ast.expr]], depth: int) -> list[str]:
    if isinstance(node, ast.Constant):
        return [str(node.value)]
    assert isinstance(node, ast.FormattedValue)
    return _templates(node.value, names, depth)


def _product(parts: list[list[str]]) -> list[str]:
    count = 1
    for part in parts:
        count *= len(part)
    if count > MOST:
        parts = [part if len(part) == 1 else ["{}"] for part in parts]
    return ["".join(chosen) for chosen in itertools.product(*parts)]


def _is_worded(template: str) -> bool:
    """Whether a sentence has words of its own beside its values."""
    rest = template.replace("{}", "")
    return any(a.isalpha() and b.isalpha() and a.isascii() for a, b in itertools.pairwise(rest))


#: A text of a query, put together of literals and values.
LITERAL = r"'(?:[^']|'')*'"
VALUE = r"\w+\((?:[^()]|\([^()]*\))*\)|[\w.]+"
REASON = re.compile(rf"(?:then|else)\s+((?:{LITERAL}|{VALUE})(?:\s*\|\|\s*(?:{LITERAL}|{VALUE}))*)")


def reasons() -> dict[str, list[str]]:
    """Why a row that a person handed in is refused, as the casebook's queries say it -> the query."""
    found: dict[str, list[str]] = {}
    for path in sorted((ROOT / "models" / "casebook").glob("*.sql")):
        text = re.sub(r"(?m)(^|\s)-- .*$", "", path.read_text(encoding="utf-8"))
        for whole in REASON.findall(text):
            parts = re.findall(rf"{LITERAL}|{VALUE}", whole)
            template = "".join(p[1:-1].replace("''", "'") if p.startswith("'") else "{}" for p in parts)
            if PROSE.search(template):
                found.setdefault(template, []).append(path.relative_to(ROOT).as_posix())
    return found


def helps() -> dict[str, list[str]]:
    """Paragraph of help -> the commands and parameters that show it."""
    from flows.cli import app
    from flows.language import helping

    found: dict[str, list[str]] = {}

    def walk(group: object, names: tuple[str, ...]) -> None:
        where = " ".join(("fundwatch", *names))
        for paragraph in helping.paragraphs(group.help or ""):
            found.setdefault(paragraph, []).append(where)
        is_flag = bool(names) and names[-1].startswith("-")  # --help and --version
        if group.default_command is not None and not is_flag:
            for argument in group.assemble_argument_collection(parse_docstring=False):
                for paragraph in helping.paragraphs(argument.parameter.help or ""):
                    found.setdefault(paragraph, []).append(f"{where} {argument.name}")
        for name in () if is_flag else group:
            walk(group[name], (*names, name))

    walk(app, ())
    return found
