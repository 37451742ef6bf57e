"""A quote for people: the table in the terminal. Reads the quote as data, computes nothing but subtotals."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from rich.console import Console, Group
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from optimizer.charge_names import CHARGE_NAMES

if TYPE_CHECKING:
    from optimizer.departure import Profile
    from optimizer.request import Job

STATUS_STYLE = {"published": "green", "derived": "cyan", "estimated": "yellow", "provisional": "magenta"}
MOST_ALTERNATIVES_SHOWN = 12


def show(quote: dict[str, Any], console: Console) -> None:
    """Print a quote: the best way in full, the others in a line each, and what was shut."""
    request = quote["request"]
    head = (
        f"{request['cargo']}, {request['tonnes']} t in {request['units']} x {request['equipment']} ({request['ownership']}), "
        f"{request['origin']} - {request['destination']}, ready {request['ready']}"
    )
    console.print(
        Panel(
            Text(head, style="bold"),
            title=f"Keruen quote {quote['quote_id']}",
            subtitle=f"valid until {quote['valid_until']}",
        )
    )
    best = quote["itineraries"][0]
    console.print(_summary(best))
    console.print(_legs(best))
    console.print(_charges(best, request))
    for line in _sale(best):
        console.print(line)
    if len(quote["itineraries"]) > 1:
        console.print(_others(quote["itineraries"]))
    for answer, words in (("alternatives_complete", "other routes"), ("pareto_complete", "the Pareto set")):
        if quote[answer] is False:
            console.print(f"The search for {words} stopped at its limit: there may be more than these.", style="yellow")
    for notice in _notices(best, quote["rejected"]):
        console.print(notice)


def show_client(view: dict[str, Any], console: Console) -> None:
    """Print the client's sheet: what is charged for the best way, and nothing of what it costs us."""
    request, best = view["request"], view["itineraries"][0]
    head = (
        f"{request['cargo']}, {request['tonnes']} t in {request['units']} x {request['equipment']}, "
        f"{request['origin']} - {request['destination']}, ready {request['ready']}"
    )
    console.print(Panel(Text(head, style="bold"), title="Offer", subtitle=f"valid until {view['valid_until']}"))
    total, tonne, unit = best["total"], best["per_tonne"], best["per_unit"]
    currency = total["currency"]
    console.print(
        Text(
            f"{_money(total['amount'])} {currency}   {_money(tonne['amount'])} {currency}/t   {_money(unit['amount'])} {currency}/unit",
            style="bold green",
        )
    )
    console.print(_legs(best))
    table = Table(title="Included", title_justify="left", box=None, pad_edge=False)
    table.add_column("charge")
    table.add_column(currency, justify="right")
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for line in best["charges"]:
        party = f" ({line['party']})" if line.get("party") else ""
        sums[f"{line['description']} {line['carrier']}".strip() + party] += Decimal(line["amount"])
    for name, amount in sums.items():
        table.add_row(name, f"{amount:,.2f}")
    table.add_section()
    table.add_row("total", _money(total["amount"]), style="bold")
    console.print(table)
    split = best.get("incoterm")
    if split and not split["applies"]:
        console.print(Text(f"{split['rule']}: {split['reason']}", style="yellow"))
    elif split:
        shares = ", ".join(f"{party} {_money(split[party]['amount'])} {currency}" for party in ("seller", "buyer"))
        console.print(f"{split['rule']} {split['place']}: {shares}")


def _sale(it: dict[str, Any]) -> list[Text]:
    """Seller and buyer, buying and selling, public money: a line each where there is any."""
    lines = []
    split = it.get("incoterm")
    if split and split["applies"]:
        lines.append(
            Text(
                f"{split['rule']} {split['place']}: seller {_money(split['seller']['amount'])}, "
                f"buyer {_money(split['buyer']['amount'])} {split['seller']['currency']}"
            )
        )
    elif split:
        lines.append(Text(f"{split['rule']}: {split['reason']}", style="yellow"))
    margin = it.get("margin")
    if margin:
        lines.append(
            Text(
                f"margin {margin['rule']}: buy {_money(margin['buy']['amount'])}, sell {_money(margin['sell']['amount'])} "
                f"{margin['sell']['currency']} (ours alone: not in --client or --csv)"
            )
        )
    for grant in it.get("subsidies", ()):
        state = "counted in the total" if grant["counted"] else "not in the total"
        chance = f", chance {Decimal(grant['probability']):.0%}" if grant["probability"] != "1" else ""
        lines.append(
            Text(
                f"subsidy {grant['rule_id']}: {_money(grant['amount_quote'])} {it['total']['currency']} could be claimed "
                f"({state}{chance}, {grant['status']}): {grant['description']}",
                style="cyan",
            )
        )
    return lines


BAR = 24  # letters of the longest bar


def show_profile(found: Profile, job: Job, names: Mapping[str, str], console: Console) -> None:
    """Print a window of days: a line for each run of equal days, with a bar of the price, and the best day."""
    table = Table(title="When to load", title_justify="left", box=None, pad_edge=False)
    for name in ("loaded", "arrives", f"{job.currency}/t", "", "by way of"):
        table.add_column(name, overflow="fold", justify="right" if name.endswith("/t") else "left")
    most = max((d.per_tonne for d in found.departures if d.per_tonne is not None), default=Decimal(1))
    for first, last in found.runs():
        days = first.day.isoformat() if first.day == last.day else f"{first.day} - {last.day}"
        if first.per_tonne is None:
            table.add_row(days, "", "", "", Text(first.text, style="red"))
            continue
        arrives = f"{first.arrival}" if first.day == last.day else f"{first.arrival} - {last.arrival}"
        best = found.cheapest is not None and first.total == found.cheapest.total
        bar = Text("█" * max(1, round(BAR * first.per_tonne / most)), style="green" if best else "yellow")
        table.add_row(days, arrives, f"{first.per_tonne:,.2f}", bar, _signs_in_words(first.way, names))
    console.print(table)
    cheapest, earliest = found.cheapest, found.earliest
    if cheapest is None or earliest is None:
        console.print("No day of the window has a way.", style="red")
        return
    console.print(
        f"Cheapest: load on {cheapest.day} for {cheapest.total:,.2f} {job.currency}. Soonest there: load on {earliest.day}, "
        f"arriving {earliest.arrival} for {earliest.total:,.2f} {job.currency}. As known on {job.shipment.known_on}; waiting costs nothing here."
    )


def _signs_in_words(way: Sequence[str], names: Mapping[str, str]) -> str:
    """Borders and sailings by the names of their places."""

    def words(sign: str) -> str:
        kind, _, places = sign.partition(":")
        return " - ".join(names.get(p, p) for p in places.replace("/", ">").split(">"))

    return ", ".join(words(part) for sign in way for part in sign.split(",")) or "inland"


def _days(hours: float) -> str:
    return f"{hours / 24:.1f} d"


def _money(amount: str) -> str:
    return f"{Decimal(amount):,.2f}"


def _summary(it: dict[str, Any]) -> Group:
    currency, transit = it["total"]["currency"], it["transit"]
    line = Text()
    line.append(f"{_money(it['total']['amount'])} {currency}", style="bold green")
    line.append(
        f"   {_money(it['per_tonne']['amount'])} {currency}/t   {_money(it['per_unit']['amount'])} {currency}/unit",
        style="bold",
    )
    second = (
        f"{_days(transit['p50_hours'])} at 50 %, {_days(transit['p90_hours'])} at 90 % (estimated); {it['distance_km']:,.0f} km; "
        f"{it['co2e_kg'] / 1000:,.1f} t CO2e"
    )
    third = (
        f"within the stated bands {_money(it['band']['low'])} to {_money(it['band']['high'])} {currency}; "
        f"{it['published_share']:.0%} of the total rests on published rates"
    )
    if "late_cost" not in transit:  # a quote stored by an earlier version
        return Group(line, Text(second), Text(third, style="dim"))
    fourth = _late(transit["late_cost"]["p90"], currency)
    if transit["chance_by_due"] is not None:
        fourth = f"in time with a chance of {transit['chance_by_due']:.0%}; {fourth}"
    return Group(line, Text(second), Text(third, style="dim"), Text(fourth, style="dim"))


LATE_PARTS = (
    ("hire", "hire"),
    ("demurrage", "demurrage"),
    ("storage", "storage"),
    ("detention", "detention"),
    ("capital", "interest on the goods"),
)


def _late(late: dict[str, Any], currency: str) -> str:
    """What a slow trip costs beside the price, with its parts."""
    parts = [
        f"{words} {_money(late[name]['amount'])}"
        for name, words in LATE_PARTS
        if name in late and Decimal(late[name]["amount"])
    ]
    # A quote stored by an earlier version has no total and fewer parts.
    total = (
        late["total"]["amount"]
        if "total" in late
        else str(sum(Decimal(late[n]["amount"]) for n in ("hire", "capital")))
    )
    of = f": {', '.join(parts)}" if parts else ""
    return f"beside the price a slow trip (90 %) costs {_money(total)} {currency}{of}"


def _legs(it: dict[str, Any]) -> Table:
    table = Table(title="The way", title_justify="left", box=None, pad_edge=False)
    for name, justify in (
        ("", "right"),
        ("from", "left"),
        ("to", "left"),
        ("by", "left"),
        ("km", "right"),
        ("time", "right"),
    ):
        table.add_column(name, justify=justify)  # type: ignore[arg-type]
    for index, leg in enumerate(it["legs"]):
        by = {
            "haul": f"{leg['mode']} {leg['carrier']}",
            "border": "border",
            "wait": leg["service"],
            "handling": leg["service"],
        }[leg["kind"]]
        to = leg["to"]["name"] if leg["to"]["id"] != leg["from"]["id"] else ""
        km = f"{leg['distance_km']:,.0f}" if leg["distance_km"] else ""
        table.add_row(
            str(index),
            leg["from"]["name"],
            to,
            by,
            km,
            _days(leg["expected_hours"]),
            style="" if leg["kind"] == "haul" else "dim",
        )
    return table


def _charges(it: dict[str, Any], request: dict[str, Any]) -> Table:
    """Lines of one kind and railway together; every single line is in --json and --csv."""
    currency = it["total"]["currency"]
    groups: dict[tuple[str, str, str], list[dict[str, Any]]] = defaultdict(list)
    for line in it["charges"]:
        carrier = "" if line["code"] in ("hire", "insurance") else line["carrier"]
        code = line["code"].removesuffix("_default")
        groups[code, carrier, line["rule_id"] if code in ("carriage", "truck", "sea_freight") else ""].append(line)
    table = Table(title="The price", title_justify="left", box=None, pad_edge=False)
    for name, justify in (
        ("charge", "left"),
        ("how", "left"),
        (currency, "right"),
        (f"{currency}/t", "right"),
        ("status", "left"),
        ("rule", "left"),
    ):
        table.add_column(name, justify=justify, overflow="fold")  # type: ignore[arg-type]
    tonnes = Decimal(request["tonnes"])
    for (code, carrier, _), lines in groups.items():
        amount = sum((Decimal(line["amount_quote"]) for line in lines), Decimal(0))
        status = max((line["status"] for line in lines), key=("published", "derived", "estimated", "provisional").index)
        table.add_row(
            f"{CHARGE_NAMES.get(code, code)} {carrier}".strip(),
            _how(lines),
            f"{amount:,.2f}",
            f"{amount / tonnes:,.2f}",
            Text(status, style=STATUS_STYLE[status]),
            ", ".join(dict.fromkeys(line["rule_id"] for line in lines)),
        )
    table.add_section()
    table.add_row("total", "", _money(it["total"]["amount"]), _money(it["per_tonne"]["amount"]), "", "", style="bold")
    return table


def _how(lines: list[dict[str, Any]]) -> str:
    """The arithmetic of a group: of one line in full, of several alike their sum of quantities."""
    first = lines[0]
    unit = first["basis"].removeprefix("per ").removeprefix("of ")
    if len({(line["rule_id"], line["coefficient"], line["rate"]) for line in lines}) > 1:
        return f"{len(lines)} lines"
    quantity = sum((Decimal(line["quantity"]) for line in lines), Decimal(0))
    text = f"{quantity.normalize():,f} {unit} x {first['rate']}"
    if first["coefficient"] != "1":
        text += f" x {first['coefficient']}"
    text += f" {first['currency']}"
    if first["fx_rate"] != "1":
        text += f" at {first['fx_rate']} ({first['fx_date']})"
    return text


def _others(itineraries: list[dict[str, Any]]) -> Table:
    best = itineraries[0]
    currency = best["total"]["currency"]
    table = Table(title="Other ways", title_justify="left", box=None, pad_edge=False)
    for name, justify in (
        ("", "right"),
        ("by way of", "left"),
        (f"{currency}/t", "right"),
        ("days", "right"),
        ("t CO2e", "right"),
        ("", "left"),
    ):
        table.add_column(name, justify=justify, overflow="fold")  # type: ignore[arg-type]
    for it in itineraries[1 : 1 + MOST_ALTERNATIVES_SHOWN]:
        marks = [label for label in it["labels"] if label not in ("alternative",)]
        if best["rank"] in it["ties_with"]:
            marks.append("ties with 1 within the bands")
        table.add_row(
            str(it["rank"]),
            _way(it),
            _money(it["per_tonne"]["amount"]),
            f"{it['transit']['p50_hours'] / 24:.1f}",
            f"{it['co2e_kg'] / 1000:,.1f}",
            ", ".join(marks),
        )
    hidden = len(itineraries) - 1 - MOST_ALTERNATIVES_SHOWN
    if hidden > 0:
        table.add_row("", f"and {hidden} more in --json", "", "", "", "")
    return table


def _way(it: dict[str, Any]) -> str:
    parts: list[str] = []
    for leg in it["legs"]:
        if leg["kind"] == "haul":
            parts.append(f"{leg['mode']} {leg['to']['name']}")
    return " > ".join(parts)


def _notices(best: dict[str, Any], rejected: list[dict[str, Any]]) -> list[Panel]:
    panels = []
    if best["warnings"]:
        text = "\n".join(f"- {w['text']} ({w['code']})" for w in best["warnings"])
        panels.append(Panel(text, title="Mind", border_style="yellow"))
    if rejected:
        panels.append(Panel("\n".join(f"- {r['text']}" for r in rejected), title="Shut", border_style="red"))
    return panels


def explain_lines(quote: dict[str, Any], it: dict[str, Any], carrier: str = "", charge: str = "") -> list[str]:
    """Each line's arithmetic, rule, document and rounding, then the sum.

    Args:
        carrier, charge: only lines of these; empty: all.
    """
    lines = [
        f"Quote {quote['quote_id']}, itinerary {it['rank']}: {quote['request']['origin']} - {quote['request']['destination']}"
    ]
    for number, line in enumerate(it["charges"], start=1):
        if (carrier and line["carrier"] != carrier) or (charge and line["code"] != charge):
            continue
        lines.append(
            f"{number}. {CHARGE_NAMES.get(line['code'], line['code'])} {line['carrier']}: {line['description']}"
        )
        factor = f" x {line['coefficient']} ({', '.join(line['coefficient_ids'])})" if line["coefficient_ids"] else ""
        per, step, when = line.get("rounding", "line:0.01:after").split(":")
        point = (
            "" if step == "0.01" and per == "line" else f" of each unit to {step}" if per == "unit" else f" to {step}"
        )
        point += f", {when} the coefficient" if factor and when != "after" else ""
        unit = line["basis"].removeprefix("per ")
        lines.append(
            f"   {line['quantity']} {unit} x {line['rate']}{factor} = {line['amount']} {line['currency']}, half up{point or ' to the cent'}"
        )
        if line["fx_rate"] != "1":
            lines.append(
                f"   at {line['fx_rate']} {line['currency']} for 1 {it['total']['currency']} ({line['fx_kind']}, {line['fx_date']}, {line['fx_source_id']})"
                f" = {line['amount_quote']} {it['total']['currency']}"
            )
        dated = f" of {line['document_date']}" if line.get("document_date") else ""
        for coef in line.get("coefficients", ()):
            of = f" of {coef['document_date']}" if coef["document_date"] else ""
            lines.append(f"   {coef['coef_id']} = {coef['value']}, {coef['status']}: {coef['document']}{of}")
        lines.append(
            f"   rule {line['rule_id']} of book {line['book']}, {line['status']}: {line.get('document') or line['source_id']}{dated}"
        )
    for grant in it.get("subsidies", ()):
        state = "in the total" if grant["counted"] else "not in the total"
        lines.append(
            f"Subsidy {grant['rule_id']} ({state}): {grant['amount']} {grant['currency']} = {grant['amount_quote']}"
        )
    lines.append(f"Sum of {len(it['charges'])} lines: {it['total']['amount']} {it['total']['currency']}")
    return lines
