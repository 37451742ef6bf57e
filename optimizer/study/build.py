"""From a study to its market: every lane searched on the haul graph with the letter laid over the books.

The letter's rows stand in the books while the graph is priced, so the books themselves say which lines they touch. Of
each lane the search runs twice: at the highest coefficients for the weight that is never exceeded, at the lowest for all
classes of ways up to it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray

from optimizer.clerk import known_names
from optimizer.databook import DataBook
from optimizer.errors import DataError, FreightError, Problem
from optimizer.lane import PricedLane
from optimizer.money import ONE, FxQuote
from optimizer.network.model import RAILWAY_OF
from optimizer.request import Job, QuoteRequest, fx_day, normalise
from optimizer.routing.forms import Edge
from optimizer.routing.graph import Graph
from optimizer.search import Search
from optimizer.study.letter import FREE, GROUP, check_words, laid_over, rows_of, through_rows, write_book
from optimizer.study.lines import SHUT, Grid, answered, cents_of, staircase, with_factor
from optimizer.study.listing import bound_by, lightest_of_classes
from optimizer.study.market import MILLI, FreeLine, Market, MarketLane, Parts, WayRow
from optimizer.study.model import REPLIES, LaneDemand, Study
from optimizer.tariff.book import TariffBooks
from optimizer.tariff.charge import Load, Term, price
from optimizer.tariff.read import read_books

SPREADS = 12  # a corridor dearer by so many spreads has less than a hundred-thousandth of the best one's share
MINUTES_A_DAY = 1440
MOST_KEPT = 60  # graphs whose free lines are remembered
OTHER = "other ways"
UNREACHED = 1 << 60
NOMINAL = Decimal(2)  # value of free rows while lines are looked for
Progress = Callable[[int, int], None]


def letter_books(study: Study, base: DataBook) -> TariffBooks:
    """The books in use with a row for every free rate and rival laid over them.

    Raises:
        DataError: a row of the letter names what nobody knows.
    """
    # Above 1, because of reductions only the largest applies: a second free row of one line would not be seen.
    values = {rate.name: NOMINAL for rate in study.rates}
    with TemporaryDirectory(prefix="keruen-study-") as temporary:
        folder = Path(temporary) / "letter"
        rows = rows_of(study, values, {r.name: ONE for r in study.rivals})
        write_book(folder, study, rows, through_rows(study, dict.fromkeys(values, ONE)))
        faults = check_words(read_books([folder]), known_names(base))
        if faults:
            told = (replace(p, file=study.study_id, line=0, text=p.text.replace(FREE, "")) for p in faults)
            raise DataError(list(told))
        return laid_over(base.books, folder)


def job_of(lane: LaneDemand, study: Study, book: DataBook) -> Job:
    """The quote of one lot of a lane."""
    job = normalise(
        QuoteRequest(
            origin=lane.origin,
            destination=lane.destination,
            cargo=lane.cargo,
            tonnes=f"{lane.lot_t.normalize():f}",
            equipment=lane.equipment,
            ownership=lane.ownership,
            ready=study.ready.isoformat(),
            known_on=study.known_on.isoformat(),
            currency=study.currency,
            deal=study.deal,
            avoid=study.avoid,
            mode=study.mode,
        ),
        book,
        study.known_on,
    )
    return replace(job, objective="cost")


Touched = dict[int, tuple[Term, ...]]  # free lines by edge


class Builder:
    """Builds the market of a study."""

    def __init__(self, study: Study, base: DataBook) -> None:
        self.study, self.base = study, base
        self.book = base.with_books(letter_books(study, base))
        self.railways = tuple(sorted(set(RAILWAY_OF.values()) | set(study.players) | set(study.objective.of)))
        self.rate_of = {f"{FREE}{rate.name}:": (k, -1) for k, rate in enumerate(study.rates)}
        self.rate_of |= {
            f"{FREE}{rival.name}:": (study.rate_number(rival.answers), r) for r, rival in enumerate(study.rivals)
        }
        self.corridors = (*(c.name for c in study.corridors), OTHER)
        self.replies = sorted(REPLIES.values())
        self._touched: dict[int, tuple[object, Touched]] = {}
        self._marked: dict[int, tuple[Graph, list[int]]] = {}
        self._today: list[set[Decimal]] = [set() for _ in study.rates]
        self._lines: dict[tuple[object, ...], int] = {}
        self.lines: list[FreeLine] = []
        self.splits: dict[str, Parts] = {}
        self.grids = [Grid(rate.values) for rate in study.rates]

    # ---- which lines are free -----------------------------------------------------------------------

    def free_of(self, term: Term) -> tuple[str, int, int] | None:
        """(beginning of the free row's name, number of the rate, number of the rival) of a term, or None."""
        found = [c.coef_id.rsplit(":", 1)[0] + ":" for c in term.coefficients if c.coef_id.startswith(FREE)]
        if not found:
            below = self.free_of(term.base) if term.base is not None else None
            return below if below is not None and term.quantity == "line" else None
        if len(found) > 1:
            names = sorted({name.removeprefix(FREE).rstrip(":") for name in found})
            text = (
                f"rates {' and '.join(names)} both fit {term.subject.charge} {term.subject.carrier} "
                f"{term.subject.from_id} - {term.subject.to_id}; part their conditions, so that each line has one"
            )
            raise DataError([Problem("free_rates_meet", text, file=self.study.study_id)])
        rate, rival = self.rate_of[found[0]]
        return found[0], rate, rival

    def touched(self, terms: Sequence[tuple[Term, ...]], key: object, search: Search, offset: int) -> Touched:
        kept = self._touched.get(id(key))
        if kept is not None and kept[0] is key:
            return kept[1]
        found: Touched = {}
        for index, group in enumerate(terms, start=offset):
            free = tuple(term for term in group if self.free_of(term) is not None)
            if free:
                found[index] = free
                for term in free:
                    self._see_today(term, search)
        if len(self._touched) > MOST_KEPT:
            self._touched.clear()
        self._touched[id(key)] = (key, found)
        return found

    def _see_today(self, term: Term, search: Search) -> None:
        free = self.free_of(term)
        assert free is not None
        if free[2] < 0 and term.base is None and self.study.rates[free[1]].through is None:
            self._today[free[1]].add(self.today_of(term, search))

    def today_of(self, term: Term, search: Search) -> Decimal:
        """The coefficient of the books in use on a line the letter touches: of the group the letter's rows are of."""
        own = self._term_today(term, search)
        assert own is not None, "a coefficient of the letter stands on a line of the books in use"
        value = ONE
        for coef in own.coefficients:
            if coef.group == GROUP:
                value *= coef.value
        return value

    def _term_today(self, term: Term, search: Search) -> Term | None:
        """A line as the books in use have it; None where there is none without the through rate of the letter."""
        if term.base is not None:
            below = self._term_today(term.base, search)
            return None if below is None else replace(term, base=below)
        frozen = self.base.books.at(self.study.ready, self.study.known_on)
        return price(frozen, term.subject, search.lane.context.pricer.consignment)

    def _cents_today(self, term: Term, search: Search, fx: FxQuote) -> int:
        own = self._term_today(term, search)
        return SHUT if own is None else cents_of(own, search.load, fx)

    # ---- what they cost -----------------------------------------------------------------------------

    def line(self, term: Term, search: Search, edge: Edge) -> int:
        """The number of a free line; lines that cost the same at every value are one."""
        load, free = search.load, self.free_of(term)
        assert free is not None
        name, rate, rival = free
        key = (name, _shape(term), load)
        number = self._lines.get(key)
        if number is None:
            fx = self.book.fx.quote(term.currency, self.study.currency, fx_day(search.job), term.fx_kind)
            number = self._lines[key] = len(self.lines)
            today = (
                self._cents_today(term, search, fx) if rival < 0 else cents_of(with_factor(term, name, ONE), load, fx)
            )
            stairs = self._stairs(term, name, rate, rival, load, fx, today)
            self.lines.append(FreeLine(rate, self._parts(term, rate, edge), stairs, rival))
        return number

    def _parts(self, term: Term, rate: int, edge: Edge) -> Parts:
        """Whose revenue a line is: its railway's, or of a through rate that of the railways of its chain."""
        subject, charges = term.subject, self.study.objective.charges
        through = self.study.rates[rate].through
        if term.extra is not None:
            return ()
        if subject.charge != "through" or through is None:
            mine = subject.charge in charges and subject.carrier in self.railways
            return ((self.railways.index(subject.carrier), Fraction(1)),) if mine else ()
        if not charges & (through.replaces | {"through"}):
            return ()
        name, carriers = self.study.rates[rate].name, self.study.rates[rate].scope.carriers
        if name not in self.splits:
            parts = {carrier: Fraction(part) for carrier, part in through.split}
            if not parts:
                hauls = [leg for leg in edge.legs if leg.kind == "haul" and leg.carrier in carriers]
                km = sum(leg.distance_km for leg in hauls)
                if not km:
                    text = f"the through rate {name} passes no kilometre of {', '.join(carriers)}; name whose it is, or give a split"
                    raise DataError([Problem("through_without_km", text, file=self.study.study_id)])
                parts = {
                    c: Fraction(sum(x.distance_km for x in hauls if x.carrier == c)) / Fraction(km) for c in carriers
                }
            self.splits[name] = tuple((self.railways.index(c), part) for c, part in parts.items())
        return self.splits[name]

    def _stairs(
        self, term: Term, name: str, rate: int, rival: int, load: Load, fx: FxQuote, today: int
    ) -> dict[Decimal, NDArray[np.int64]]:
        values = self.study.rates[rate].values
        last = np.array([today], dtype=np.int64)
        if rival < 0:
            return {Decimal(0): np.concatenate((staircase(term, name, self.grids[rate], load, fx), last))}
        found = {}
        stands = min(self._today[rate], default=ONE)
        for reply in self.replies:
            factors = answered(values, stands, reply)
            distinct = sorted(set(factors))
            cents = dict(zip(distinct, staircase(term, name, Grid(distinct), load, fx).tolist(), strict=True))
            found[reply] = np.concatenate((np.array([cents[f] for f in factors], dtype=np.int64), last))
        return found

    def range_of(self, number: int) -> tuple[int, int]:
        """Least and most cents of a free line, whatever its rate and rivals do."""
        stairs = self.lines[number].cents.values()
        return min(int(s.min()) for s in stairs), max(int(s.max()) for s in stairs)

    # ---- the market ---------------------------------------------------------------------------------

    def build(self, progress: Progress | None = None) -> Market:
        study = self.study
        order = sorted(
            range(len(study.lanes)),
            key=lambda i: (study.lanes[i].cargo, study.lanes[i].destination[:2], study.lanes[i].origin[:2], i),
        )
        jobs: dict[int, Job] = {}
        problems: list[Problem] = []
        for i in order:
            try:
                jobs[i] = job_of(study.lanes[i], study, self.book)
            except FreightError as fault:
                text = f"lane {study.lanes[i].lane_id}: {fault}"
                problems.append(Problem(fault.code, text, file=study.study_id))
        if problems:
            raise DataError(problems)
        if study.rivals:
            seen: set[tuple[str, ...]] = set()  # rivals answer a cut against today's coefficient, so that comes first
            for i in order:
                lane = study.lanes[i]
                kind = (lane.cargo, lane.origin[:2], lane.destination[:2], lane.equipment, lane.ownership)
                if kind not in seen:
                    seen.add(kind)
                    search = Search(jobs[i], self.book)
                    self.touched(search.lane.context.terms, search.lane.context, search, 0)
        found: dict[int, MarketLane] = {}
        for done, i in enumerate(order):
            if progress is not None:
                progress(done, len(order))
            found[i] = self.lane(study.lanes[i], jobs[i])
        for k, rate in enumerate(study.rates):
            if not any(line.rate == k and line.rival < 0 for line in self.lines):
                text = (
                    f"the rate {rate.name} fits no line of any way of these lanes; widen its conditions or the demand"
                )
                raise DataError([Problem("rate_without_lines", text, file=study.study_id)])
        lanes = [found[i] for i in range(len(study.lanes))]
        left = [
            {"lane": lane.lane_id, "origin": lane.origin, "destination": lane.destination, "why": lane.why_not}
            for lane in lanes
            if not lane.ways
        ]
        today = tuple(tuple(sorted(values)) for values in self._today)
        return Market(study, lanes, self.lines, self.railways, self.corridors, today, left, self.splits)

    def lane(self, demand: LaneDemand, job: Job) -> MarketLane:
        """A lane with every way that may win."""
        study = self.study
        search = Search(job, self.book)
        priced, load = search.lane, search.load
        weight_a_minute = round(study.answer.time_value * job.shipment.mass_t * 100 * MILLI / MINUTES_A_DAY)
        shared = self.touched(priced.context.terms, priced.context, search, 0)
        base = len(priced.context.graph.edges)
        own = self.touched(priced.terms[base:], priced, search, base)
        lines: list[tuple[int, ...]] = [()] * len(priced.edges)
        for arc, terms in (*shared.items(), *own.items()):
            lines[arc] = tuple(self.line(term, search, priced.edges[arc]) for term in terms)
        cents, minutes, _ = search.weights
        low, high = cents.copy(), cents.copy()
        for arc in (*shared, *own):
            nominal = 0
            for term in shared.get(arc) or own[arc]:
                fx = self.book.fx.quote(term.currency, study.currency, fx_day(job), term.fx_kind)
                nominal += cents_of(term, load, fx)
            ranges = [self.range_of(number) for number in lines[arc]]
            low[arc] += sum(r[0] for r in ranges) - nominal
            high[arc] += sum(r[1] for r in ranges) - nominal
        marks, full = self._marks(priced)
        paths, complete = self._list(
            search,
            low * MILLI + minutes * weight_a_minute,
            high * MILLI + minutes * weight_a_minute,
            lines,
            marks,
            full,
        )
        ways = [self._way(search, path, lines, low, minutes, full) for path in paths]
        ways.sort(key=lambda way: way.minutes)
        why_not = "" if ways else "no way exists on that day"
        if ways and all(any(self.range_of(number)[1] >= SHUT for number in way.lines) for way in ways):
            ways, why_not = [], "no way exists today, without the through rates of the letter"
        return MarketLane(
            lane_id=demand.lane_id,
            origin=demand.origin,
            destination=demand.destination,
            cargo=demand.cargo,
            tonnes=demand.tonnes,
            lot_t=job.shipment.mass_t,
            load=load,
            minute_weight=weight_a_minute,
            ways=tuple(ways),
            complete=complete,
            why_not=why_not,
        )

    def _list(
        self,
        search: Search,
        low: NDArray[np.int64],
        high: NDArray[np.int64],
        lines: Sequence[tuple[int, ...]],
        marks: list[int],
        full: NDArray[np.int64],
    ) -> tuple[list[tuple[int, ...]], bool]:
        """Every path that may win, of the lane or under a logit of a corridor, and whether none is missing.

        Args:
            low, high: weight of every arc at the lowest and highest coefficients.
        """
        study, priced = self.study, search.lane
        blocked = search.blocked()
        shifts = [cost for s in study.scenarios for _, cost in s.cost_t] + [Decimal(0)]
        lot_weight = search.job.shipment.mass_t * 100 * MILLI
        room = int((max(shifts) - min(shifts)) * lot_weight)
        heaviest = search.bound(high, blocked | (full > 0))[priced.source]  # of the best way no border can fill
        most = None if heaviest >= UNREACHED else int(heaviest) + room
        plain, top = low.tolist(), high.tolist()
        if study.answer.rule != "logit":
            bound = search.bound(low, blocked)
            return lightest_of_classes(
                priced.arcs(blocked), plain, bound, priced.source, priced.sink, lines, marks, most
            )
        if most is not None:
            most += int(SPREADS * study.answer.spread * lot_weight)
        found: list[tuple[int, ...]] = []
        complete = True
        bits = np.array(marks, dtype=np.int64)
        for q in range(len(study.corridors) + 1):
            # the first corridor that fits takes a way, so those before it are shut; the last one passes none
            needed = 1 << q if q < len(study.corridors) else 0
            shut = blocked | ((bits & ((1 << q) - 1)) > 0)
            shut_or_full = shut | (full > 0)
            arcs = priced.arcs(shut)
            bound, top_bound = search.bound(low, shut), search.bound(high, shut_or_full)
            by, top_by = None, top_bound
            if needed:
                by = bound_by(arcs, plain, bound, marks, needed, partial(priced.reverse.distances_by, low, shut))
                over = partial(priced.reverse.distances_by, high, shut_or_full)
                top_by = bound_by(priced.arcs(shut_or_full), top, top_bound, marks, needed, over)
            ends = [m for m in (most, top_by[priced.source] + room) if m is not None and m < UNREACHED]
            paths, whole = lightest_of_classes(
                arcs,
                plain,
                bound,
                priced.source,
                priced.sink,
                lines,
                marks,
                min(ends) if ends else None,
                needed=needed,
                needed_bound=by,
            )
            found += paths
            complete &= whole
        return found, complete

    def _marks(self, priced: PricedLane) -> tuple[list[int], NDArray[np.int64]]:
        """Bits of corridors and capacities on every arc, and of capacities alone."""
        graph = priced.context.graph
        kept = self._marked.get(id(graph))
        if kept is None or kept[0] is not graph:
            kept = self._marked[id(graph)] = (graph, [self._mark(edge) for edge in graph.edges])
        marks = [*kept[1], *(self._mark(edge) for edge in priced.edges[len(graph.edges) :])]
        return marks, np.array(marks, dtype=np.int64) >> len(self.study.corridors)

    def _mark(self, edge: Edge) -> int:
        places = edge.places
        mark = 0
        for bit, corridor in enumerate(self.study.corridors):
            if places & corridor.via:
                mark |= 1 << bit
        for bit, capacity in enumerate(self.study.capacities, start=len(self.study.corridors)):
            borders = (leg for leg in edge.legs if leg.kind == "border")
            if places & capacity.at or any({leg.from_id, leg.to_id} <= capacity.ends for leg in borders):
                mark |= 1 << bit
        return mark

    def _way(
        self,
        search: Search,
        path: tuple[int, ...],
        lines: Sequence[tuple[int, ...]],
        low: NDArray[np.int64],
        minutes: NDArray[np.int64],
        full: NDArray[np.int64],
    ) -> WayRow:
        arcs = list(path)
        free = tuple(sorted(number for arc in arcs for number in lines[arc]))
        cents = int(low[arcs].sum()) - sum(self.range_of(number)[0] for number in free)
        revenue = [0] * len(self.railways)
        t_km = [0.0] * len(self.railways)
        passed: set[str] = set()
        shown: list[str] = []
        full_bits = 0
        names = self.book.place_names
        on = fx_day(search.job)
        for arc in arcs:
            edge = search.lane.edges[arc]
            passed |= edge.places
            full_bits |= int(full[arc])
            for term in search.lane.terms[arc]:
                carrier = term.subject.carrier
                if (
                    carrier in self.railways
                    and term.subject.charge in self.study.objective.charges
                    and term.extra is None
                ) and self.free_of(term) is None:
                    fx = self.book.fx.quote(term.currency, self.study.currency, on, term.fx_kind)
                    revenue[self.railways.index(carrier)] += cents_of(term, search.load, fx)
            for leg in edge.legs:
                if leg.kind == "haul" and leg.mode == "rail" and leg.carrier in self.railways:
                    t_km[self.railways.index(leg.carrier)] += leg.distance_km * float(search.load.mass_t)
                if leg.kind == "border" or (leg.kind == "haul" and leg.mode == "sea"):
                    word = names.get(leg.from_id, leg.from_id) + (
                        f" ({leg.mode})" if leg.mode in ("road", "sea") else ""
                    )
                    if not shown or shown[-1] != word:
                        shown.append(word)
        corridor = next((i for i, c in enumerate(self.study.corridors) if c.via & passed), len(self.study.corridors))
        last = search.lane.edges[arcs[-1]]
        by = next(
            (
                leg.mode
                for edge in map(search.lane.edges.__getitem__, reversed(arcs))
                for leg in edge.legs
                if leg.kind == "haul"
            ),
            last.kind,
        )
        return WayRow(
            cents=cents,
            minutes=int(minutes[arcs].sum()),
            corridor=corridor,
            full=full_bits,
            lines=free,
            revenue=tuple(revenue),
            t_km=tuple(t_km),
            shown=f"{' - '.join(shown) or 'inland'}, last by {by}",
            arcs=path,
        )


def _shape(term: Term) -> tuple[object, ...]:
    """All that the amount of a term hangs on, but its load."""
    base = _shape(term.base) if term.base is not None else ()
    others = tuple((c.coef_id, c.value) for c in term.coefficients)
    rounding = term.rule.rounding
    cap = term.extra.cap_amount if term.extra is not None else Decimal(0)
    return (
        *(term.subject.charge, term.subject.carrier, term.rule.rule_id, term.rate, term.multiplier, term.quantity),
        *(term.currency, term.fx_kind, others, rounding, term.subject.form, cap, base),
    )
