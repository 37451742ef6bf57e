"""Through rates: one edge for a chain of hauls and crossings that a single rate covers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from optimizer.routing.canvas import Canvas, Chain
from optimizer.routing.forms import Edge
from optimizer.routing.hauls import border_point
from optimizer.subject import Subject, Wanted

HAULS = {"rail": "rail", "road": "road"}
CROSSINGS = {"rail": "rail_border", "road": "road_border"}
CARRIED = frozenset({"carriage", "truck"})  # charges whose kilometres a through rate counts
GAUGE_CHANGES = frozenset({"lift", "reload", "bogie_change"})


class Chains(Canvas):
    """Through rates over edges that are drawn already."""

    def _chains(self, wanted: Iterable[Chain], outgoing: Mapping[int, Sequence[Edge]], own: frozenset[int]) -> None:
        """One edge for every way along a chain.

        Args:
            outgoing: edges by their tail.
            own: ids of the edges of which a way needs at least one; empty: any way will do.
        """
        for chain in wanted:
            for form in self._chain_forms(chain):
                start = self.nodes.get(f"{chain.places[0]}/{form}/d")
                if start is None:
                    continue
                for parts in self._along(chain, outgoing, start, 1, (), form):
                    if not own or any(id(edge) in own for edge in parts):
                        self._through(chain, form, parts)

    def _chain_forms(self, chain: Chain) -> list[str]:
        if chain.mode == "rail":
            return self._rail_forms_at(chain.places[0]) if chain.places[0] in self.hauls.stations else []
        return [f for f in self._truck_forms() if f[2:] == self.country(chain.places[0])]

    def _along(
        self,
        chain: Chain,
        outgoing: Mapping[int, Sequence[Edge]],
        at: int,
        step: int,
        gone: tuple[Edge, ...],
        form: str,
    ) -> Iterator[tuple[Edge, ...]]:
        """Every row of edges that follows the chain from a node; a change of gauge may come between."""
        if step == len(chain.places):
            yield gone
            return
        target = chain.places[step]
        crossing = tuple(target.split("|")) if "|" in target else ()
        for edge in outgoing.get(at, ()):
            if edge.shut_by:
                continue
            point, _, phase = self.names[edge.head].split("/")
            if edge.kind == HAULS[chain.mode] and not (gone and gone[-1].kind == edge.kind):
                if crossing:
                    ends = (border_point(*crossing),) if chain.mode == "rail" else (crossing[0],)
                    if point in ends:
                        yield from self._along(chain, outgoing, edge.head, step, (*gone, edge), form)
                elif point == target and phase == "a":
                    yield from self._along(chain, outgoing, edge.head, step + 1, (*gone, edge), form)
            elif edge.kind == CROSSINGS[chain.mode] and crossing:
                border = next(leg for leg in edge.legs if leg.kind == "border")
                if (border.from_id, border.to_id) == crossing:
                    yield from self._along(chain, outgoing, edge.head, step + 1, (*gone, edge), form)
            elif chain.mode == "rail" and edge.kind in GAUGE_CHANGES and gone and gone[-1].kind not in GAUGE_CHANGES:
                yield from self._along(chain, outgoing, edge.head, step, (*gone, edge), form)

    def _through(self, chain: Chain, form: str, parts: tuple[Edge, ...]) -> None:
        kept: list[Wanted] = []
        km, path = 0, []
        for edge in parts:
            for want in edge.wanted:
                # The fees of a border are one thing, whether both countries state them or the default stands for them.
                subjects = (want,) if isinstance(want, Subject) else (*want.first, *want.otherwise)
                km += sum(s.km for s in subjects if s.charge in CARRIED)
                if not {s.charge for s in subjects} & chain.replaces:
                    kept.append(want)
            path += [p for leg in edge.legs for p in (leg.path or (leg.from_id, leg.to_id))]
        subject = self._subject(
            "through",
            form,
            carrier=chain.text,
            country=self.country(chain.places[0]),
            from_id=chain.places[0],
            to_id=chain.places[-1],
            path=tuple(dict.fromkeys(path)),
            km=km,
            holds=chain.replaces,
            truck_country=form[2:] if chain.mode == "road" else "",
        )
        self._add(
            parts[0].tail,
            parts[-1].head,
            "through",
            tuple(leg for edge in parts for leg in edge.legs),
            [subject, *kept],
            sign=",".join(e.sign for e in parts if e.sign),
        )


def by_tail(edges: Iterable[Edge]) -> dict[int, list[Edge]]:
    """Edges by the node they leave."""
    found: dict[int, list[Edge]] = {}
    for edge in edges:
        found.setdefault(edge.tail, []).append(edge)
    return found
