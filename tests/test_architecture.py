"""The import rule, read from the source with ast (docs/architecture.md).

entry points   api, optimizer.cli
use cases      quote, batch, store, validate, verify ...
engines        routing | tariff | restriction | flow     none of the first two imports the other
nouns          network.model, shipment, subject, operations, provenance
values         errors, money, validity, tables            nothing of ours above them
"""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("optimizer", "api")
VALUES = {"optimizer.errors", "optimizer.money", "optimizer.validity", "optimizer.provenance", "optimizer.tables"}
NOUNS = {"optimizer.deal", "optimizer.network.model", "optimizer.shipment", "optimizer.subject", "optimizer.operations"}
CLOCKS = {
    ("datetime", "now"),
    ("datetime", "today"),
    ("datetime", "utcnow"),
    ("date", "today"),
    ("time", "time"),
    ("time", "time_ns"),
}


@cache
def modules() -> dict[str, ast.Module]:
    found = {}
    for package in PACKAGES:
        for file in sorted((ROOT / package).rglob("*.py")):
            parts = file.relative_to(ROOT).with_suffix("").parts
            found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = ast.parse(
                file.read_text(encoding="utf-8")
            )
    return found


def type_checking(tree: ast.Module) -> set[ast.AST]:
    """Nodes under `if TYPE_CHECKING:`, which import nothing when the program runs."""
    return {
        inner
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
        for body in node.body
        for inner in ast.walk(body)
    }


def imports(tree: ast.Module, *, at_top: bool = False) -> set[str]:
    """Names of modules imported; `at_top`: only those that importing the module itself imports."""
    typed = type_checking(tree)
    inside = (
        {n for f in ast.walk(tree) if isinstance(f, (ast.FunctionDef, ast.AsyncFunctionDef)) for n in ast.walk(f)}
        if at_top
        else set()
    )
    found: set[str] = set()
    for node in ast.walk(tree):
        if node in typed or node in inside:
            continue
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
            found |= {
                f"{node.module}.{alias.name}" for alias in node.names if f"{node.module}.{alias.name}" in modules()
            }
    return found


def ours(tree: ast.Module) -> set[str]:
    return {name for name in imports(tree) if name in modules()} - {"optimizer"}


def importers(library: str) -> set[str]:
    return {
        name
        for name, tree in modules().items()
        if any(i == library or i.startswith(f"{library}.") for i in imports(tree))
    }


def under(prefix: str) -> list[str]:
    return [name for name in modules() if name == prefix or name.startswith(f"{prefix}.")]


def test_there_is_something_to_read() -> None:
    assert len(modules()) > 30
    assert set(modules()) >= VALUES | NOUNS


@pytest.mark.parametrize("module", sorted(VALUES))
def test_values_know_only_values(module: str) -> None:
    assert ours(modules()[module]) <= VALUES


@pytest.mark.parametrize("module", sorted(VALUES))
def test_values_need_only_the_standard_library(module: str) -> None:
    import sys

    outside = {name.split(".")[0] for name in imports(modules()[module])} - {"optimizer"}
    assert outside <= sys.stdlib_module_names


@pytest.mark.parametrize("module", sorted(NOUNS))
def test_nouns_know_only_values_and_nouns(module: str) -> None:
    assert ours(modules()[module]) <= VALUES | NOUNS


@pytest.mark.parametrize(
    ("engine", "others"),
    [
        ("optimizer.routing", ("optimizer.tariff", "optimizer.restriction", "optimizer.flow")),
        (
            "optimizer.tariff",
            ("optimizer.routing", "optimizer.restriction", "optimizer.flow", "optimizer.network.read"),
        ),
        ("optimizer.restriction", ("optimizer.routing", "optimizer.tariff", "optimizer.flow")),
        ("optimizer.flow", ("optimizer.tariff", "optimizer.restriction")),
        ("optimizer.timing", ("optimizer.routing", "optimizer.tariff", "optimizer.restriction", "optimizer.flow")),
        ("optimizer.network", ("optimizer.routing", "optimizer.tariff", "optimizer.flow")),
        ("optimizer.pricing", ("optimizer.network", "optimizer.routing", "optimizer.tariff", "optimizer.study")),
        ("optimizer.sheet", ("optimizer.network", "optimizer.routing", "optimizer.tariff", "optimizer.intake")),
        ("optimizer.intake", ("optimizer.routing", "optimizer.tariff", "optimizer.databook", "optimizer.batch")),
        ("optimizer.document", ("optimizer.routing", "optimizer.tariff", "optimizer.databook", "optimizer.search")),
    ],
)
def test_no_engine_imports_another(engine: str, others: tuple[str, ...]) -> None:
    for module in under(engine):
        for name in ours(modules()[module]):
            assert not name.startswith(others), f"{module} imports {name}"


def test_engines_know_no_use_case() -> None:
    above = (
        "optimizer.quote",
        "optimizer.batch",
        "optimizer.store",
        "optimizer.cli",
        "optimizer.databook",
        "optimizer.lane",
        "optimizer.request",
        "api",
    )
    for engine in ("optimizer.routing", "optimizer.tariff", "optimizer.restriction", "optimizer.network"):
        for module in under(engine):
            assert not {n for n in ours(modules()[module]) if n.startswith(above)}, module


def test_only_entry_points_are_never_imported() -> None:
    for name, tree in modules().items():
        if name not in ("optimizer.__main__",) and not name.startswith("api"):
            assert name.startswith("optimizer.cli") or not {n for n in ours(tree) if n.startswith("optimizer.cli")}, (
                name
            )
            assert not {n for n in ours(tree) if n == "api" or n.startswith("api.")}, name


def test_fastapi_stays_in_the_api() -> None:
    for library in ("fastapi", "starlette", "pydantic"):
        assert all(name.startswith("api") for name in importers(library))


def test_solvers_stay_in_flow_and_verify() -> None:
    assert all(name.startswith("optimizer.flow") or name == "optimizer.verify" for name in importers("ortools"))


def test_pandas_stays_in_validate_and_networkx_in_the_check() -> None:
    assert all(name.startswith("optimizer.validate") for name in importers("pandas"))
    assert importers("networkx") <= {"optimizer.network.check"}
    assert all(name.startswith("optimizer.pricing") for name in importers("numba"))
    assert importers("typst") <= {"optimizer.document.pdf"}
    assert importers("python_calamine") <= {"optimizer.sheet.worker"}


def test_sqlalchemy_stays_in_the_store() -> None:
    assert importers("sqlalchemy") <= {"optimizer.store"}


def test_the_command_line_imports_nothing_heavy_before_it_must() -> None:
    heavy = {
        "pandas",
        "ortools",
        "scipy",
        "networkx",
        "numpy",
        "fastapi",
        "sqlalchemy",
        "rich",
        "uvicorn",
        "xlsxwriter",
        "typst",
        "clevercsv",
        "numba",
    }
    for module in under("optimizer.cli"):
        found = imports(modules()[module], at_top=True)
        assert not {name.split(".")[0] for name in found} & heavy
        above = {n for n in found if n.startswith("optimizer.") and not n.startswith("optimizer.cli")}
        assert above <= {"optimizer.errors"}, module


def attributes(tree: ast.Module) -> set[tuple[str, str]]:
    """(what, attribute) for `what.attribute` and `module.what.attribute`."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            value = node.value
            if isinstance(value, ast.Name):
                found.add((value.id, node.attr))
            elif isinstance(value, ast.Attribute):
                found.add((value.attr, node.attr))
    return found


def test_only_entry_points_read_the_clock() -> None:
    """`time.perf_counter` measures, it tells no day; everything else that knows what day it is comes in with the call."""
    readers = {name for name, tree in modules().items() if attributes(tree) & CLOCKS and name.startswith("optimizer")}
    assert all(name.startswith("optimizer.cli") for name in readers), readers


def test_only_entry_points_read_the_environment() -> None:
    reads = {("os", "environ"), ("os", "getenv")}
    readers = {name for name, tree in modules().items() if attributes(tree) & reads}
    assert all(name.startswith(("optimizer.cli", "api")) for name in readers), readers


def test_no_use_case_prints() -> None:
    talkers = {
        name for name, tree in modules().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"
    }  # fmt: skip
    assert {
        t for t in talkers if not t.startswith(("api", "optimizer.cli", "optimizer.replay", "optimizer.validate"))
    } == set()


def test_tables_alone_open_our_packages() -> None:
    """Facts are read through `tables` or a Traversable; nobody uses __file__ or the current directory."""
    for name, tree in modules().items():
        if name.startswith("api"):
            continue
        names = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name)}
        assert "__file__" not in names, name
        assert ("os", "getcwd") not in attributes(tree), name
        assert ("Path", "cwd") not in attributes(tree), name
