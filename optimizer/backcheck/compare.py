"""Forecast against observation: a row each, errors by border and by cargo, and what was left out and why."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from optimizer.backcheck.assign import Forecast, Sent
from optimizer.backcheck.rows import Flow, inside_flagged

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Compared:
    """A row of observation with what was forecast for it.

    Attributes:
        state: compared, part (compared, but inside another row and not added up), flagged, or not_comparable (see `why`).
        circular: the demand was made from this very figure, so that agreement proves nothing.
    """

    flow: Flow
    state: str
    forecast: Decimal | None
    why: str
    circular: bool = False

    @property
    def error(self) -> Decimal | None:
        if self.state not in ("compared", "part") or self.forecast is None or self.flow.tonnes is None:
            return None
        return self.forecast - self.flow.tonnes

    def as_dict(self) -> dict[str, str]:
        flow, error = self.flow, self.error
        relative = error / flow.tonnes if error is not None and flow.tonnes else None
        return {
            "flow_id": flow.flow_id,
            "line": str(flow.line),
            "border": flow.node_name or "anywhere",
            "cargo": flow.cargo or "all",
            "from": ";".join(sorted(flow.origins)) or "all",
            "to": ";".join(sorted(flow.destinations)) or "all",
            "first_day": flow.start.isoformat() if flow.start else "",
            "last_day": flow.end.isoformat() if flow.end else "",
            "observed_t": "" if flow.tonnes is None else f"{flow.tonnes:.0f}",
            "forecast_t": "" if self.forecast is None else f"{self.forecast:.0f}",
            "error_t": "" if error is None else f"{error:.0f}",
            "error_percent": "" if relative is None else f"{relative * 100:.1f}",
            "state": self.state,
            "flags": ";".join(f.code for f in flow.flags),
            "why": self.why or "; ".join(f.text for f in flow.flags),
            "demand_made_of_it": "yes" if self.circular else "no",
        }


def compare(flows: Sequence[Flow], forecast: Forecast, made_of: frozenset[str] = frozenset()) -> list[Compared]:
    """Every row of observation, compared where it can be.

    Args:
        made_of: ids of flows the demand was made from.
    """
    reasons = {flow.line: _why_not(flow, forecast) for flow in flows if flow.usable}
    beside = inside_flagged(flow for flow in flows if flow.usable and not reasons[flow.line])
    marked = {flow.line: flow for flow in beside}
    found = []
    for flow in flows:
        circular = flow.flow_id in made_of
        if not flow.usable:
            found.append(Compared(flow, "flagged", None, "", circular))
        elif reasons[flow.line]:
            found.append(Compared(flow, "not_comparable", None, reasons[flow.line], circular))
        else:
            flow = marked[flow.line]
            tonnes = sum((s.tonnes for s in forecast.sent if fits(flow, s)), ZERO)
            found.append(Compared(flow, "part" if flow.inside else "compared", tonnes, "", circular))
    return found


def _why_not(flow: Flow, forecast: Forecast) -> str:
    """Why no forecast stands for a flow; "" where one does."""
    known = {s.cargo for s in forecast.sent} | {g for s in forecast.sent for g in s.groups}
    if flow.origins and "KZ" not in flow.origins:
        return "the demand holds goods out of Kazakhstan only"
    if not flow.cargo:
        return "counts all goods; the demand holds grain and flour only"
    if flow.cargo not in known:
        return f"the demand holds no {flow.cargo}"
    if not flow.destinations and not flow.node:
        return "counts all partners; the demand holds those to the south only"
    return "" if _covered(flow, forecast) else "the demand does not cover these days for these partners"


def fits(flow: Flow, sent: Sent) -> bool:
    """Whether tonnes sent are of those a flow counts."""
    assert flow.start is not None and flow.end is not None
    return (
        flow.start <= sent.day <= flow.end
        and (not flow.origins or sent.origin in flow.origins)
        and (not flow.destinations or sent.destination in flow.destinations)
        and (not flow.node or bool(flow.node & sent.places))
        and (not flow.cargo or flow.cargo == sent.cargo or flow.cargo in sent.groups)
    )


def _covered(flow: Flow, forecast: Forecast) -> bool:
    """Whether the tables hold every day of the flow for each partner it names (all partners they have, else)."""
    assert flow.start is not None and flow.end is not None
    partners = flow.destinations or {partner for partner, _, _ in forecast.spans}
    for partner in partners:
        day = flow.start
        spans = sorted((a, b) for p, a, b in forecast.spans if p == partner)
        for first, last in spans:
            if first <= day <= last:
                day = last + dt.timedelta(days=1)
        if day <= flow.end:
            return False
    return True


def errors_by(rows: Iterable[Compared], by: str) -> list[dict[str, str]]:
    """Sums of compared rows by border or cargo: observed, forecast, error, and the mean absolute error.

    Args:
        by: `border` or `cargo`. Rows inside another compared row are left out, so nothing counts twice;
            rows by border and rows of whole countries are never added, as the same tonnes may stand in both.
    """
    groups: dict[str, list[Compared]] = defaultdict(list)
    for row in rows:
        if row.error is None or row.state == "part":
            continue
        place = row.flow.node_name or "anywhere"
        key = place if by == "border" else f"{row.flow.cargo} ({'at borders' if row.flow.node else 'by country'})"
        groups[key].append(row)
    found = []
    for name, listed in sorted(groups.items()):
        observed = sum((r.flow.tonnes or ZERO for r in listed), ZERO)
        forecast = sum((r.forecast or ZERO for r in listed), ZERO)
        missed = sum((abs(r.error or ZERO) for r in listed), ZERO)
        found.append(
            {
                by: name,
                "rows": str(len(listed)),
                "observed_t": f"{observed:.0f}",
                "forecast_t": f"{forecast:.0f}",
                "error_t": f"{forecast - observed:.0f}",
                "error_percent": f"{(forecast - observed) / observed * 100:.1f}" if observed else "",
                "absolute_error_t": f"{missed:.0f}",
                "made_of_it": str(sum(r.circular for r in listed)),
            }
        )
    return found
