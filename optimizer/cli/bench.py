"""The commands `keruen bench ...`: public instances, to compare the solvers with what is known of them."""

from __future__ import annotations

import contextlib
import json
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from optimizer.errors import FreightError

if TYPE_CHECKING:
    from optimizer.flow.bench import Outcome
    from optimizer.pricing.run import Outcome as Priced

bench_app = typer.Typer(no_args_is_help=True, help="Solve public instances and compare.")
NO_PLAN = 5


@bench_app.callback()
def _group() -> None:
    """Solve public instances and compare."""


@contextlib.contextmanager
def _watched(file: Path) -> Iterator[Callable[[Any], None]]:
    """A line on a terminal with what is known so far; `timeout` and job runners stop us like Ctrl-C does."""
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TimeElapsedColumn

    signal.signal(signal.SIGTERM, signal.default_int_handler)
    console = Console(stderr=True)
    with Progress(
        SpinnerColumn(), "{task.description}", TimeElapsedColumn(), console=console, disable=not console.is_terminal
    ) as bar:
        task = bar.add_task(file.name, total=None)
        yield lambda known: bar.update(task, description=f"{file.name}: {_figures(known)}")


@bench_app.command("flow")
def flow(
    file: Annotated[Path, typer.Argument(help="A multicommodity network design file, .dow.")],
    relax: Annotated[bool, typer.Option("--relax", help="Ignore fixed costs, keep capacities (the default).")] = False,
    design: Annotated[bool, typer.Option("--design", help="An arc carries flow only when opened.")] = False,
    time_limit: Annotated[float, typer.Option(help="Seconds until the answer, with what is known then.")] = 100.0,
    seed: Annotated[int, typer.Option(min=0, max=1_000_000, help="Of every random draw.")] = 1,
    as_json: Annotated[bool, typer.Option("--json", help="JSON alone on standard output.")] = False,
) -> None:
    """Solve a public multicommodity flow instance; --relax when neither mode is given.

    Exit status 5: no solution exists, or none was found in time.
    """
    from optimizer.flow.bench import bench_flow

    if relax and design:
        raise FreightError("--relax and --design were both given; give one.", code="bad_usage")
    _check_limit(time_limit)
    with _watched(file) as heard:
        outcome = bench_flow(
            file,
            mode="design" if design else "relax",
            seconds=time_limit,
            seed=seed,
            heard=heard,
        )
    if as_json:
        print(json.dumps(outcome.as_dict(), ensure_ascii=False))
    else:
        _show(outcome, outcome.as_dict())
    for warning in outcome.warnings:
        print(f"Warning: {warning} The answer is what was known before.", file=sys.stderr)
    if outcome.objective is None:
        print(f"Error: {_refusal(outcome, time_limit)}", file=sys.stderr)
        raise typer.Exit(NO_PLAN)


@bench_app.command("pricing")
def pricing(
    file: Annotated[Path, typer.Argument(help="A network pricing instance, .json.")],
    time_limit: Annotated[float, typer.Option(help="Seconds until the answer, with what is known then.")] = 60.0,
    seed: Annotated[int, typer.Option(min=0, max=1_000_000, help="Of every random draw.")] = 1,
    as_json: Annotated[bool, typer.Option("--json", help="JSON alone on standard output.")] = False,
) -> None:
    """Solve a public network pricing instance: the tolls that bring most when every commodity takes its cheapest path.

    Exit status 5: no tolls were found in time.
    """
    from optimizer.pricing.run import bench_pricing

    _check_limit(time_limit)
    with _watched(file) as heard:
        outcome = bench_pricing(
            file,
            seconds=time_limit,
            seed=seed,
            heard=heard,
        )
    if as_json:
        print(json.dumps(outcome.as_dict(), ensure_ascii=False))
    else:
        _show_pricing(outcome)
    for warning in outcome.warnings:
        print(f"Warning: {warning} The answer is what was known before.", file=sys.stderr)
    if outcome.objective is None:
        print(
            f"Error: {outcome.instance.name}: no tolls were found within {time_limit:g} s. Give a longer --time-limit. "
            "(code: none_in_time)",
            file=sys.stderr,
        )
        raise typer.Exit(NO_PLAN)


def _show_pricing(outcome: Priced) -> None:
    instance, told = outcome.instance, outcome.as_dict()
    print(
        f"{instance.name}: {instance.nodes} nodes, {len(instance.arcs)} arcs, {len(instance.tolls)} of them with toll, "
        f"{len(instance.commodities)} commodities"
    )
    for name, value in (
        ("status", outcome.status.replace("_", " ")),
        ("objective", "-" if outcome.objective is None else f"{float(outcome.objective):.12g} (recomputed)"),
        ("bound", f"{outcome.bound:.12g}"),
        ("gap", "-" if outcome.gap is None else f"{100 * outcome.gap:.4f} %"),
        ("seconds", f"{outcome.seconds:.1f}"),
        ("method", told["method"]),
    ):
        print(f"  {name:<12} {value}")
    print("  tolls        from  to        toll")
    for row in told["tolls"]:
        print(f"               {row['src']:>4}  {row['dst']:<5} {row['toll']:>8.4f}")


def _check_limit(time_limit: float) -> None:
    if not 0 < time_limit <= 86_400:
        raise FreightError(
            f"--time-limit is {time_limit:g}; give seconds above 0, at most 86400.",
            code="bad_usage",
            field="time_limit",
        )


def _figures(known: Outcome | Priced) -> str:
    best = "no solution yet" if known.objective is None else f"best {float(known.objective):.12g}"
    return f"{best}, bound {known.bound:.8g}"


def _show(outcome: Outcome, told: dict[str, Any]) -> None:
    instance = outcome.instance
    mode = "arcs opened at their fixed cost" if outcome.mode == "design" else "fixed costs ignored"
    print(
        f"{instance.name}: {instance.nodes} nodes, {len(instance.arcs)} arcs, {len(instance.commodities)} commodities; {mode}"
    )
    objective = "-" if outcome.objective is None else f"{float(outcome.objective):.12g} (recomputed)"
    gap = "-" if outcome.gap is None else f"{100 * outcome.gap:.4f} %"
    for name, value in (
        ("status", outcome.status.replace("_", " ")),
        ("objective", objective),
        ("bound", f"{outcome.bound:.12g}"),
        ("gap", gap),
        ("seconds", f"{outcome.seconds:.4g} ({outcome.wall_seconds:.1f} with starting up)"),
        ("columns", outcome.columns),
        ("iterations", outcome.iterations),
        ("opened arcs", "-" if outcome.opened is None else len(outcome.opened)),
        ("method", told["method"]),
    ):
        print(f"  {name:<12} {value}")


def _refusal(outcome: Outcome, limit: float) -> str:
    name = outcome.instance.name
    if outcome.conflict:
        return f"{name}: no flow serves every commodity: {outcome.conflict['text']}. (code: infeasible)"
    return f"{name}: no solution was found within {limit:g} s. Give a longer --time-limit. (code: none_in_time)"
