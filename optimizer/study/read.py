"""A study's TOML file to a `Study`; every fault of the file at once, one sentence each."""

from __future__ import annotations

import datetime as dt
import tomllib
from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path

from optimizer import tables
from optimizer.clerk import known_names
from optimizer.databook import DataBook
from optimizer.deal import read_deal
from optimizer.errors import DataError, FreightError, Problem, ProblemList
from optimizer.money import CURRENCIES
from optimizer.provenance import STATUSES
from optimizer.study.demand import read_lanes
from optimizer.study.model import (
    ANSWERS,
    BASES,
    GOALS,
    REPLIES,
    Answer,
    Capacity,
    Corridor,
    Cost,
    FreeRate,
    Objective,
    Rival,
    Scenario,
    Scope,
    Study,
    ThroughScope,
)
from optimizer.study.section import Section
from optimizer.tariff.check import unknown_words
from optimizer.tariff.columns import CARRIERS, CHARGES
from optimizer.tariff.conditions import CONDITIONS

ONE = Decimal(1)
STEP = Decimal("0.0001")  # of a coefficient, where the study names none: as fine as a break-even is sought
MOST_VALUES = 20_001
MOST_RATES = 6
SCOPE = "carrier, charge and the conditions of a tariff book (via, between, from, to, cargo, gng, owner ...)"


def read_study(path: Path, book: DataBook, today: dt.date) -> Study:
    """Read a study.

    Args:
        book: whose places, cargoes and sources the study may name.
        today: for a study that says neither `known_on` nor `ready`.

    Raises:
        DataError: every fault of the file at once.
    """
    raw = tables.read_bytes(path)
    try:
        head = tomllib.loads(tables.decode(raw, path.name), parse_float=Decimal)
    except tomllib.TOMLDecodeError as broken:
        text = f"the study cannot be read as TOML: {broken}; mend that line"
        raise DataError([Problem("broken_toml", text, file=path.name)]) from broken
    problems = ProblemList()
    top = Section(head, "", problems, path.name)
    reader = _Reader(top, book, problems)
    study = reader.study(path, today, tables.digest([raw]))
    problems.raise_if_any()
    return study


class _Reader:
    def __init__(self, top: Section, book: DataBook, problems: ProblemList) -> None:
        self.top, self.book, self.problems = top, book, problems
        self.known = known_names(book)

    def study(self, path: Path, today: dt.date, digest: str) -> Study:
        top = self.top
        known_on = top.day("known_on", today) or today
        ready = top.day("ready", known_on) or known_on
        currency = top.text("currency", "USD").upper()
        if currency not in CURRENCIES:
            top.fault("unknown_currency", f"is {currency!r}; use one of {', '.join(CURRENCIES)}", "currency")
        title = top.text("title", None)
        rates = tuple(self.rate(s, ready) for s in top.sections("rates"))
        if not rates:
            top.fault("no_free_rate", "sets no rate free; write one below [[rates]]", "rates")
        if len(rates) > MOST_RATES:
            top.fault("too_many_rates", f"are {len(rates)}; at most {MOST_RATES} rates are set at once", "rates")
        self.once((r.name for r in rates), "rates")
        names = tuple(r.name for r in rates)
        rivals = tuple(self.rival(s, names) for s in top.sections("rivals"))
        self.once((*names, *(r.name for r in rivals)), "rivals")
        corridors = tuple(self.corridor(s) for s in top.sections("corridors"))
        self.once((c.name for c in corridors), "corridors")
        listed = frozenset(c.name for c in corridors)
        players = tuple(dict.fromkeys(c for r in rates for c in r.scope.carriers))
        objective = self.objective(top.section("objective"), players, listed)
        self.hangs_on_today(rates, rivals, objective)
        self.apart(rates, currency)
        costs = tuple(self.cost(s) for s in top.sections("marginal_costs"))
        weighted = dict(objective.weights)
        if objective.goal == "contribution" or weighted.get("contribution"):
            for carrier in sorted(set(objective.of) - {c.carrier for c in costs}):
                text = f"say nothing of {carrier}, whose contribution counts; give its cost of a tonne-kilometre more"
                top.fault("no_marginal_cost", text, "marginal_costs")
        answer = self.answer(top.section("answer"))
        capacities = tuple(self.capacity(s) for s in top.sections("capacities"))
        scenarios = tuple(self.scenario(s, listed) for s in top.sections("scenarios"))
        self.once((s.name for s in scenarios), "scenarios")
        split = self.split(top.section("split"), players)
        demand = top.section("demand")
        lanes, demand_note = read_lanes(demand, path.parent, self.book)
        deal = top.texts("deal")
        try:
            if read_deal(deal).subsidy:
                text = "counts public money in the price; a study keeps it apart, leave subsidy out"
                top.fault("subsidy_in_study", text, "deal")
        except FreightError as fault:
            top.fault(fault.code, str(fault), "deal")
        found = Study(
            study_id=path.stem,
            title=title,
            ready=ready,
            known_on=known_on,
            currency=currency,
            rates=rates,
            objective=objective,
            lanes=lanes,
            answer=answer,
            corridors=corridors,
            capacities=capacities,
            rivals=rivals,
            costs=costs,
            scenarios=scenarios,
            split=split,
            note=top.text("note"),
            deal=deal,
            avoid=top.texts("avoid"),
            mode=top.texts("mode"),
            publisher=top.text("publisher", " and ".join(players)),
            demand_note=demand_note,
            digest=digest,
        )
        top.done()
        return found

    def once(self, names: Iterable[str], where: str) -> None:
        seen: set[str] = set()
        for name in names:
            if name in seen:
                self.top.fault("repeated_name", f"name {name!r} twice; give each its own", where, name)
            seen.add(name)

    def apart(self, rates: Iterable[FreeRate], currency: str) -> None:
        """Two through rates of one chain are for different shipments."""
        seen: dict[tuple[object, ...], str] = {}
        for rate in rates:
            if rate.through is None:
                continue
            if any((t.mode, t.chain) == (rate.through.mode, rate.through.chain) for t in self.book.books.through):
                text = f"{rate.name} is for a chain that a book in use prices already; leave that row out of the books"
                self.top.fault("chain_in_use", text, "rates", rate.name)
            if currency not in ("USD", "EUR", "CHF"):
                text = f"is {currency}; a through rate is studied in USD, EUR or CHF, sums in others grow too large"
                self.top.fault("weak_currency", text, "currency", currency)
            key = (rate.through.mode, rate.through.chain, frozenset(rate.scope.cells))
            if key in seen:
                text = (
                    f"{rate.name} and {seen[key]} are for the same chain and shipments; part their conditions, as feet"
                )
                self.top.fault("repeated_chain", text, "rates", rate.name)
            seen.setdefault(key, rate.name)

    def hangs_on_today(self, rates: Iterable[FreeRate], rivals: Iterable[Rival], objective: Objective) -> None:
        """A through rate does not exist today, so nothing can be held against what it is today."""
        new = {rate.name for rate in rates if rate.through is not None}
        for rival in rivals:
            if rival.answers in new:
                text = f"of {rival.name} names {rival.answers}, a through rate: there is none today it could fall from"
                self.top.fault("no_rate_today", f"{text}; let the rival answer a coefficient", "rivals")
        if new and objective.subsidy_cap is not None:
            text = f"is held against today's tariff, and {', '.join(sorted(new))} has none; leave it out"
            self.top.fault("no_rate_today", text, "objective.subsidy_cap")

    # ---- parts --------------------------------------------------------------------------------------

    def scope(self, s: Section) -> Scope:
        carriers = s.texts("carrier")
        charge = "through" if "through" in s.left else s.text("charge", "carriage", CHARGES)
        if not carriers and charge in ("carriage", "truck", "empty_return", "through"):
            s.fault("missing_key", "is missing; name the railway, as TDY", "carrier")
        for carrier in carriers:
            if carrier not in CARRIERS:
                s.fault(
                    "unknown_carrier", f"is {carrier!r}; use {', '.join(sorted(filter(None, CARRIERS)))}", "carrier"
                )
        carriers = carriers or ("",)
        cells = []
        for column in CONDITIONS:
            if column in s.left:
                cell = ";".join(s.texts(column))
                if cell:
                    try:
                        CONDITIONS[column](cell, {})
                    except (ValueError, KeyError, ArithmeticError):
                        s.fault("bad_condition", f"is {cell!r}, which no tariff book could hold", column, cell)
                    else:
                        for word, code, text in unknown_words(column, cell, self.known):
                            s.fault(code, text.removeprefix(f"{column} "), column, word)
                        cells.append((column, cell))
        return Scope(carriers, charge, tuple(cells))

    def rate(self, s: Section, ready: dt.date) -> FreeRate:
        name = s.text("name", None)
        scope = self.scope(s)
        through = self.through(s, scope) if scope.charge == "through" else None
        values = self.values(s, ONE if through else STEP)
        first = s.day("valid_from", needed=True) or ready
        last = s.day("valid_to", needed=True) or ready
        if first > last:
            s.fault("dates_turned", f"is {last}, before valid_from {first}; turn them round", "valid_to")
        elif not first <= ready <= last:
            text = (
                f"to valid_to ({first} to {last}) does not hold the day the study prices, {ready}; set ready inside it"
            )
            s.fault("not_in_force", text, "valid_from")
        document = s.text("document")
        s.done(f"name, least, most, step, values, valid_from, valid_to, document, through and its keys, {SCOPE}")
        return FreeRate(name, scope, values, first, last, document, through)

    def through(self, s: Section, scope: Scope) -> ThroughScope:
        """A chain as `through.csv` has it, its places by any name."""
        chain = []
        for step in s.texts("through"):
            ends = [end.strip() for end in step.split("|")]
            found = []
            for end in ends:
                try:
                    found.append(self.book.places.resolve(end, "through"))
                except FreightError as fault:
                    s.fault(fault.code, fault.message, "through", end)
            if len(ends) > 2:
                s.fault("bad_chain", f"has {step!r}; a crossing is two posts, a|b", "through", step)
            chain.append("|".join(found))
        if len(chain) < 2 or "|" in chain[0] or "|" in chain[-1]:
            text = 'is no chain; write a place, then crossings "a|b" and places in order, then a place'
            s.fault("bad_chain", text, "through", ";".join(chain))
        mode = s.text("mode", "rail", ("rail", "road"))
        basis = s.text("basis", "per_unit", BASES)
        replaces = frozenset(s.texts("replaces")) or frozenset({"carriage" if mode == "rail" else "truck"})
        for charge in sorted(replaces - CHARGES):
            s.fault("unknown_charge", f"names {charge!r}; use {', '.join(sorted(CHARGES))}", "replaces", charge)
        return ThroughScope(mode, tuple(chain), basis, replaces, self.split(s.section("split"), scope.carriers))

    def values(self, s: Section, usual: Decimal) -> tuple[Decimal, ...]:
        listed = s.left.pop("values", None)
        if listed is not None:
            if not isinstance(listed, list) or len(listed) > MOST_VALUES:
                s.fault("bad_values", "is no list of numbers; write it as [0.50, 0.55]", "values", listed)
                return ()
            found = [s.as_number(v, "values", None, Decimal(0), True) for v in listed]
            return tuple(sorted({v for v in found if v is not None}))
        least, most = s.number("least", needed=True, above=True), s.number("most", needed=True, above=True)
        step = s.number("step", usual, above=True) or usual
        if least is None or most is None:
            return ()
        if least > most:
            s.fault("range_turned", f"is {least}, above most {most}; turn them round", "least", least)
            return ()
        count = int((most - least) / step) + 1
        if count > MOST_VALUES:
            text = f"makes {count} values between {least} and {most}; at most {MOST_VALUES}: widen it"
            s.fault("too_many_values", text, "step", step)
            return ()
        return tuple(least + step * i for i in range(count))

    def rival(self, s: Section, rates: tuple[str, ...]) -> Rival:
        name, scope = s.text("name", None), self.scope(s)
        answers = s.text("answers", rates[0] if rates else "", rates)
        reply = REPLIES[s.text("reply", "fixed", REPLIES)] if "reply" in s.left else REPLIES["fixed"]
        s.done(f"name, answers, reply, {SCOPE}")
        return Rival(name, scope, answers, reply)

    def corridor(self, s: Section) -> Corridor:
        name, via = s.text("name", None), s.texts("via")
        if not via:
            s.fault("missing_key", "is missing; name the places that make the corridor", "via")
        found = Corridor(name, self.places(s, via, "via"))
        s.done("name, via")
        return found

    def places(self, s: Section, names: Iterable[str], key: str) -> frozenset[str]:
        found: set[str] = set()
        for name in names:
            try:
                found |= set(self.book.network.members[self.book.places.resolve(name, key)])
            except FreightError as fault:
                s.fault(fault.code, fault.message, key, name)
        return frozenset(found)

    def objective(self, s: Section, players: tuple[str, ...], corridors: frozenset[str]) -> Objective:
        goal = s.text("maximise", "revenue", GOALS)
        of = s.texts("of") or players
        for carrier in of:
            if carrier not in CARRIERS:
                s.fault("unknown_carrier", f"names {carrier!r}, no carrier we know", "of", carrier)
        charges = frozenset(s.texts("charges")) or frozenset({"carriage"})
        for charge in sorted(charges - CHARGES):
            s.fault("unknown_charge", f"names {charge!r}; use {', '.join(sorted(CHARGES))}", "charges", charge)
        corridor = s.text("corridor")
        if corridor and corridor not in corridors:
            s.fault("unknown_corridor", f"is {corridor!r}, which no [[corridors]] names", "corridor", corridor)
        cap = s.number("subsidy_cap")
        w = s.section("weights")
        weights = tuple(
            (key, value)
            for key in ("revenue", "contribution", "tonnes", "share")
            if (value := w.number(key, None, least=None)) is not None
        )
        w.done("revenue, contribution, tonnes, share")
        if (goal == "share" or dict(weights).get("share")) and not corridor:
            s.fault("missing_key", "is missing; name the corridor whose share counts", "corridor")
        if goal == "weighted" and not weights:
            s.fault("missing_key", "is missing; give a weight for each thing that counts", "weights")
        s.done("maximise, of, charges, corridor, subsidy_cap, weights")
        return Objective(goal, of, charges, corridor, cap, weights)

    def status(self, s: Section) -> tuple[str, str]:
        """(status, source): a figure without a source is an estimate and must say so."""
        status = s.text("status", "estimated", STATUSES)
        source = s.text("source_id", "" if status == "estimated" else None)
        if source and source not in self.book.network.sources:
            s.fault("unknown_source", f"is {source!r}, which sources.csv does not hold", "source_id", source)
        return status, source or "keruen-estimate"

    def cost(self, s: Section) -> Cost:
        carrier = s.text("carrier", None, CARRIERS - {""})
        per_t_km = s.number("per_t_km", Decimal(0), needed=True) or Decimal(0)
        status, source = self.status(s)
        note = s.text("note")
        if status == "estimated" and not note:
            s.fault("estimate_unexplained", "is missing; an estimate says how it was come by", "note")
        s.done("carrier, per_t_km, status, source_id, note")
        return Cost(carrier, per_t_km, status, source, note)

    def answer(self, s: Section) -> Answer:
        rule = s.text("rule", "cheapest", ANSWERS)
        time_value = s.number("time_value", Decimal(0)) or Decimal(0)
        spread = s.number("spread", Decimal(0)) or Decimal(0)
        elasticity = s.number("elasticity", Decimal(0)) or Decimal(0)
        if rule == "logit" and not spread:
            s.fault("missing_key", "is missing; a logit needs a spread above 0, a tonne", "spread")
        status, source = self.status(s)
        note = s.text("note")
        if status == "estimated" and (time_value or spread or elasticity) and not note:
            s.fault("estimate_unexplained", "is missing; an estimate says how it was come by", "note")
        s.done("rule, time_value, spread, elasticity, status, source_id, note")
        return Answer(rule, time_value, spread, elasticity, status, source, note)

    def capacity(self, s: Section) -> Capacity:
        name, ends, at = s.text("name", None), s.texts("between"), s.texts("at")
        if len(ends) != 2 and not (at and not ends):
            text = 'names no border; write its two posts, as ["kz-bolashak", "tm-serhetyaka"], or a port below at'
            s.fault("bad_border", text, "between")
        places, port = self.places(s, ends, "between"), self.places(s, at, "at")
        tonnes = s.number("tonnes", Decimal(0), needed=True) or Decimal(0)
        status, source = self.status(s)
        s.done("name, between, at, tonnes, status, source_id")
        return Capacity(name, places, port, tonnes, source, status)

    def scenario(self, s: Section, corridors: frozenset[str]) -> Scenario:
        name = s.text("name", None)
        tonnes = s.number("tonnes", ONE) or Decimal(0)
        reply = REPLIES[s.text("reply", "fixed", REPLIES)] if "reply" in s.left else None
        costs = s.section("cost_t")
        found = []
        for corridor in list(costs.left):
            if corridor not in corridors:
                costs.fault("unknown_corridor", "is no corridor of this study", corridor, corridor)
            number = costs.number(corridor, Decimal(0), least=None)
            found.append((corridor, number or Decimal(0)))
        s.done("name, tonnes, reply, cost_t")
        return Scenario(name, tonnes, reply, tuple(found))

    def split(self, s: Section, players: tuple[str, ...]) -> tuple[tuple[str, Decimal], ...]:
        found = tuple((p, s.number(p) or Decimal(0)) for p in players if p in s.left)
        s.done(", ".join(players))
        if found and (len(found) != len(players) or sum(v for _, v in found) != ONE):
            s.fault("bad_split", f"must give each of {', '.join(players)} a part, 1 in all", "")
        return found
