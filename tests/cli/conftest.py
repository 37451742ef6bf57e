"""The command as its tests call it, with a store of their own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import pytest

from optimizer.cli import main

Keruen: TypeAlias = Callable[..., tuple[int, str, str]]


@pytest.fixture(autouse=True)
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A store of the test's own; nobody's quotes are touched."""
    file = tmp_path / "store" / "quotes.sqlite"
    file.parent.mkdir()
    monkeypatch.setenv("KERUEN_STORE", f"sqlite:///{file}")
    monkeypatch.delenv("KERUEN_DEBUG", raising=False)
    return file


@pytest.fixture
def keruen(capsys: pytest.CaptureFixture[str]) -> Keruen:
    """keruen("tariff", "check"): (exit status, standard output, standard error) of the command."""

    def run(*argv: object) -> tuple[int, str, str]:
        status = main([str(a) for a in argv])
        out, err = capsys.readouterr()
        return status, out, err

    return run
