"""Every published figure is listed, and says which rules rest on it or why none does; the default books price what
their documents say, and rows on what is agreed stay silent where nothing is agreed."""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal
from typing import Any

import pytest

from optimizer.databook import DataBook
from optimizer.deal import KEYS, Deal, read_deal
from optimizer.provenance import STATUSES
from optimizer.subject import Consignment, Lot, Subject
from optimizer.tables import data_file, decode, read_bytes, rows_of
from optimizer.tariff.charge import Load, amount_of, extras, price
from optimizer.tariff.conditions import CONDITIONS

ID = re.compile(r"\b(?:R[XYZ]?\d{3,4}|D\d{2})\b")
BOOK_TABLES = ("rates.csv", "through.csv", "coefficients.csv", "surcharges.csv", "subsidies.csv", "spot.csv")
OF_DEAL = frozenset(KEYS) & frozenset(CONDITIONS)


def rows(name: str) -> list[dict[str, str]]:
    where = data_file("seeds", "tariffs").joinpath(*name.split("/"))
    return [row for _, row in rows_of(decode(read_bytes(where), name), name)]


@pytest.fixture(scope="module")
def published() -> dict[str, dict[str, str]]:
    table = {row["rate_id"]: row for row in rows("published.csv")}
    discounts = {row["disc_id"]: row for row in rows("published_discounts.csv")}
    assert not table.keys() & discounts.keys()
    return table | discounts


@pytest.fixture(scope="module")
def rests_on() -> dict[str, set[str]]:
    """Published id -> rules, coefficients and price series that name it: in `based_on`, in their own id, for
    coefficients (which have no such column) in the description, for market prices in the note."""
    found: dict[str, set[str]] = {}
    for book in sorted(f.name for f in data_file("seeds", "tariffs").iterdir() if f.joinpath("book.toml").is_file()):
        for name in BOOK_TABLES:
            if not data_file("seeds", "tariffs").joinpath(book, name).is_file():
                continue
            for row in rows(f"{book}/{name}"):
                own = row.get("rule_id") or row.get("coef_id") or row["series"]
                words = row.get({"coef_id": "description", "series": "note"}.get(next(iter(row)), "based_on"), "")
                text = f"{own} {words}"
                for published_id in ID.findall(text):
                    found.setdefault(published_id, set()).add(own)
    return found


def test_every_id_a_book_rests_on_is_listed(published, rests_on):
    assert not sorted(rests_on.keys() - published.keys())


def test_used_by_agrees_with_the_books(published, rests_on):
    said = {i: set(filter(None, row["used_by"].split(";"))) for i, row in published.items()}
    wrong = {i: (said[i], rests_on.get(i, set())) for i in published if said[i] != rests_on.get(i, set())}
    assert not wrong


def test_what_no_rule_uses_says_why(published):
    assert not [i for i, row in published.items() if bool(row["used_by"]) == bool(row["not_used_because"])]


def test_every_row_has_a_known_source_and_status_and_no_address(published):
    sources = {
        row["source_id"]
        for _, row in rows_of(
            decode(read_bytes(data_file("network_data", "sources.csv")), "sources.csv"), "sources.csv"
        )
    }
    for i, row in published.items():
        assert row["source_id"] in sources, i
        assert row["status"] in STATUSES, i
        assert not any(re.search(r"https?://", value) for value in row.values()), i


# ---- the default books on their documents ----------------------------------------------------------------

TODAY = dt.date(2026, 11, 22)
FERRY = {"charge": "sea_freight", "country": "AZ", "from_id": "az-alat-port", "to_id": "tm-turkmenbashi-port", "form": "truck", "service": "roro"}  # fmt: skip
KURYK = {**FERRY, "from_id": "kz-kuryk-port", "to_id": "ir-amirabad-port"}
COASTER = {"charge": "sea_freight", "from_id": "ru-astrakhan-port", "to_id": "ir-amirabad-port", "form": "hold", "service": "dry_bulk", "nm": "649"}  # fmt: skip
GULF = {"charge": "sea_freight", "from_id": "pk-karachi-port", "to_id": "ae-jebel-ali-port", "form": "container", "feet": 40, "equipment": "container-40", "service": "container_feeder"}  # fmt: skip
BOX = {"charge": "port_box", "country": "IR", "from_id": "ir-chabahar-port", "form": "container", "feet": 20}
ENTRY = {"charge": "truck_fee", "direction": "in", "form": "truck"}
TOLL = {"charge": "road_toll", "carrier": "ROAD-TM", "country": "TM", "path": ("tm-farap",), "form": "truck", "truck_country": "KZ"}  # fmt: skip
STANDS = {"form": "container", "owner": "carrier", "feet": 20, "equipment": "container-20"}
TDY = {"charge": "carriage", "carrier": "TDY", "country": "TM", "form": "wagon", "equipment": "hopper-wagon", "owner": "private", "km": 100}  # fmt: skip
SARAHS = {**TDY, "from_id": "tm-sarahs", "to_id": "tm-sarahs", "path": ("tm-sarahs",)}
MTT = {"charge": "carriage", "country": "TM", "form": "container", "equipment": "container-40", "feet": 40, "gross_t": "24"}  # fmt: skip
UTY = {"charge": "carriage", "carrier": "UTY", "country": "UZ", "from_id": "uz-keles", "to_id": "uz-khodjadavlet", "form": "container", "equipment": "container-20", "owner": "private", "feet": 20, "gross_t": "22", "km": 700}  # fmt: skip
KTZ = {"charge": "carriage", "carrier": "KTZ", "country": "KZ", "form": "wagon", "equipment": "hopper-wagon", "owner": "private", "km": 2000}  # fmt: skip
HIRE = {"charge": "hire", "form": "wagon", "owner": "private", "days": "10"}
TRAIN = "train=container;train_wagons=57;paired=yes;payer=O'zbektemiryo'lekspeditsia"

# subject, goods (origin country, destination country, cargo, goods code), deal, day: rule, factor, amount for one unit of 20 t
PRICED: list[tuple[dict[str, Any], str, str, str, str, str, str]] = [
    (FERRY, "AZ TM general", "", "2026-11-22", "R0058", "1", "1000"),
    (FERRY, "AZ TM general", "truck_length_m=18", "2026-11-22", "R0058", "1", "1091"),
    (FERRY, "AZ TM general", "truck_length_m=18;return_trip=prepaid", "2026-11-22", "R0059", "1", "1745"),
    (FERRY, "AZ TM general", "", "2023-12-10", "R0061", "1", "1200"),
    (KURYK, "KZ IR general", "truck_length_m=17", "2026-11-22", "RY088", "1", "1650"),
    (COASTER, "RU IR wheat", "", "2020-02-10", "SPOT-ASTRAKHAN", "1", "580"),
    (COASTER, "RU IR wheat", "annual_t=30000", "2020-02-10", "SPOT-ASTRAKHAN", "0.77", "446.60"),
    (COASTER, "RU IR wheat", "", "2017-06-10", "COASTER", "1", "710"),
    ({**COASTER, "from_id": "kz-aktau-port", "nm": "419"}, "KZ IR wheat", "", "2026-12-10", "E10", "1.12", "761.60"),
    (BOX, "CN AF general", "", "2026-11-22", "R0087", "1", "123"),
    (BOX, "CN AF general", "annual_teu=4999", "2026-11-22", "R0087", "1", "123"),
    (BOX, "CN AF general", "annual_teu=9999.5", "2026-11-22", "R0088", "1", "116"),
    (BOX, "CN AF general", "annual_teu=20000", "2026-11-22", "R0091", "1", "89"),
    ({**BOX, "feet": 40}, "CN AF general", "annual_teu=15000", "2026-11-22", "R0100", "1", "144"),
    ({**ENTRY, "country": "TM", "truck_country": "KZ", "capacity_t": "10"}, "KZ IR general", "", "2026-11-22", "R0047", "1", "130"),
    ({**ENTRY, "country": "TM", "truck_country": "KZ", "capacity_t": "10.5"}, "KZ IR general", "", "2026-11-22", "R0048", "1", "180"),
    ({**ENTRY, "country": "TM", "truck_country": "KZ", "capacity_t": "20"}, "KZ IR general", "", "2026-11-22", "R0048", "1", "180"),
    ({**ENTRY, "country": "TM", "truck_country": "KZ", "capacity_t": "22"}, "KZ IR general", "", "2026-11-22", "R0049", "1", "250"),
    ({**ENTRY, "country": "TM", "truck_country": "IR", "capacity_t": "22"}, "IR TM general", "", "2026-11-22", "RY052", "1", "150"),
    ({**ENTRY, "country": "TM", "truck_country": "IR", "capacity_t": "22"}, "IR KZ general", "", "2026-11-22", "R0049", "1", "250"),
    ({**ENTRY, "country": "UZ", "truck_country": "TM", "capacity_t": "10"}, "TM UZ general", "", "2026-11-22", "R0115", "1", "130"),
    ({**ENTRY, "country": "UZ", "truck_country": "AZ"}, "AZ UZ general", "stay_days=14", "2026-11-22", "R0118", "1", "80"),
    ({**ENTRY, "country": "UZ", "truck_country": "DE"}, "AZ UZ general", "stay_days=15", "2026-11-22", "R0119", "1", "280"),
    ({**ENTRY, "country": "UZ", "truck_country": "RU"}, "RU UZ general", "stay_days=15", "2026-11-22", "R0123", "1", "400"),
    ({**TOLL, "capacity_t": "10"}, "KZ IR general", "", "2026-11-22", "R0052", "1", "40"),
    ({**TOLL, "capacity_t": "20"}, "KZ IR general", "", "2026-11-22", "R0053", "1", "60"),
    ({**TOLL, "capacity_t": "36"}, "KZ IR general", "", "2026-11-22", "R0054", "1", "80"),
    ({**TOLL, "capacity_t": "40"}, "KZ IR general", "", "2026-11-22", "R0055", "1", "100"),
    ({**STANDS, "charge": "detention", "country": "PK", "days": "7"}, "KZ PK general", "", "2026-11-22", "RY123", "1", "0"),
    ({**STANDS, "charge": "detention", "country": "PK", "days": "9.2"}, "KZ PK general", "", "2026-11-22", "RY123", "1", "165"),
    ({**STANDS, "charge": "detention", "country": "PK", "days": "15"}, "KZ PK wheat", "", "2026-11-22", "RY123-GRAIN", "1", "55"),
    ({**STANDS, "charge": "detention", "country": "IR", "days": "45"}, "KZ IR general", "", "2026-11-22", "DETENTION-IR-20", "1", "220"),
    ({**STANDS, "charge": "detention", "country": "AF", "days": "12"}, "PK AF general", "", "2026-11-22", "R0114", "1", "300"),
    ({**STANDS, "charge": "detention", "country": "IR", "days": "45", "owner": "private"}, "KZ IR general", "", "2026-11-22", "", "", ""),
    ({"charge": "demurrage", "country": "PK", "form": "truck", "days": "3"}, "KZ PK general", "", "2026-11-22", "RY034", "1", "300"),
    ({"charge": "storage", "country": "KZ", "form": "hold", "days": "30"}, "RU KZ wheat", "", "2026-11-22", "STORAGE-KZ", "1", "7650"),
    (SARAHS, "TM IR sulphur 25030000", "", "2025-10-01", "TDY-WAGON", "5", "235"),
    (SARAHS, "TM IR sulphur 25030000", "delivery=DAP", "2025-10-01", "TDY-WAGON", "1", "47"),
    (SARAHS, "TM IR sulphur 25030000", "", "2026-01-01", "TDY-WAGON", "1", "47"),
    (TDY, "TM IR general 31021000", "", "2018-02-01", "TDY-WAGON", "0.8", "37.60"),
    (TDY, "TM IR general 31021000", "delivery=DAP", "2018-02-01", "TDY-WAGON", "1", "47"),
    ({**TDY, "from_id": "tm-serhetyaka", "to_id": "tm-sarahs", "path": ("tm-serhetyaka", "tm-sarahs")}, "KZ IR general 27101943", "", "2025-08-01", "TDY-WAGON", "1", "47"),
    ({**TDY, "from_id": "tm-serhetyaka", "to_id": "tm-sarahs", "path": ("tm-serhetyaka", "tm-sarahs")}, "KZ IR wheat 10019900", "", "2025-08-01", "TDY-WAGON", "0.7", "32.90"),
    ({**MTT, "carrier": "TDY", "km": 2995}, "CN IR general", "", "2008-06-01", "MTT-TDY-40", "0.65", "6132"),
    ({**MTT, "carrier": "TDY", "km": 2000}, "CN IR general", "", "2008-06-01", "MTT-TDY-40", "0.8", "5027"),
    ({**MTT, "carrier": "KTZ", "country": "KZ", "km": 2001}, "CN IR general", "", "2008-06-01", "MTT-KTZ-40", "0.44", "2779"),
    ({**MTT, "carrier": "TDY", "km": 2995}, "CN IR general", "", "2026-11-22", "MTT-TDY-40", "1", "9434"),
    (UTY, "CN IR general", TRAIN, "2020-06-01", "UTY-TRAIN-CN-IR-20", "1", "175"),
    (UTY, "CN IR general", TRAIN.replace("57", "56"), "2020-06-01", "MTT-UTY-20", "1", "1216"),
    (UTY, "CN IR general", TRAIN, "2021-06-01", "MTT-UTY-20", "1", "1216"),
    ({**KTZ, "from_id": "kz-petropavl", "to_id": "kz-bolashak"}, "RU TM general 84", "", "2023-06-01", "KTZ-TRANSIT-WAGON", "0.6", "564"),
    ({**KTZ, "from_id": "kz-petropavl", "to_id": "kz-bolashak"}, "RU TM wheat 10019900", "", "2023-06-01", "KTZ-TRANSIT-WAGON", "1", "940"),
    ({**KTZ, "from_id": "kz-novoishimskaya", "to_id": "kz-dostyk", "equipment": "covered-wagon"}, "KZ CN wheat", "", "2010-06-01", "R0036", "1", "359.80"),
    (HIRE, "KZ IR wheat", "", "2026-11-22", "HIRE-WAGON", "1", "300"),
    (HIRE, "KZ IR wheat", "return_trip=loaded", "2026-11-22", "HIRE-WAGON", "0.5", "150"),
    ({**KTZ, "charge": "empty_return"}, "KZ IR wheat", "return_trip=loaded", "2026-11-22", "EMPTY-KTZ", "0", "0"),
]  # fmt: skip


def subject_of(cells: dict[str, Any]) -> Subject:
    numbers = {k: Decimal(v) for k, v in cells.items() if k in ("nm", "days", "gross_t", "capacity_t")}
    ends = tuple(cells[k] for k in ("from_id", "to_id") if k in cells)
    return Subject(**{"path": ends, "month": 0, **cells, **numbers})


def goods_of(book: DataBook, text: str, deal: str) -> Consignment:
    origin, destination, cargo, gng = (*text.split(), "")[:4]
    agreed = read_deal([deal])
    lot = Lot(train_wagons=agreed.train_wagons, mass_t=Decimal(20))
    return Consignment(cargo, book.cargoes[cargo].groups, "", "", origin, destination, gng=gng, deal=agreed, lot=lot)


LOAD = Load(Decimal(20), Decimal(0), wagons=1, containers=1, trucks=1, ships=1, usual_wagon_t=Decimal(20))


@pytest.mark.parametrize(("cells", "goods", "deal", "day", "rule", "factor", "amount"), PRICED)
def test_a_default_book_prices_what_its_document_says(book, cells, goods, deal, day, rule, factor, amount) -> None:
    ready = dt.date.fromisoformat(day)
    subject = subject_of({"month": ready.month, **cells})
    term = price(book.books.at(ready, TODAY), subject, goods_of(book, goods, deal))
    if not rule:
        assert term is None
        return
    assert term is not None
    assert (term.rule.rule_id, term.coefficient, amount_of(term, LOAD)) == (rule, Decimal(factor), Decimal(amount))


EXPORT = {**KTZ, "from_id": "kz-kostanay", "to_id": "kz-kuryk-port"}
BESIDE: list[tuple[dict[str, Any], str, str, str, dict[str, str]]] = [
    (GULF, "PK KZ general", "", "2026-03-20", {"WAR-RISK-40": "3000"}),
    (GULF, "PK KZ general", "", "2026-11-22", {}),
    ({**GULF, "equipment": "reefer-container-40"}, "PK KZ general", "", "2026-03-02", {"WAR-RISK-REEFER": "3500"}),
    ({**GULF, "to_id": "in-mundra-port"}, "PK IN general", "", "2026-03-20", {}),
    ({**STANDS, "equipment": "reefer-container-20", "charge": "detention", "country": "PK", "days": "2"}, "KZ PK general", "", "2026-11-22", {"RY127": "120"}),
    (EXPORT, "KZ AZ wheat 10019900", "", "2025-10-01", {}),
    (EXPORT, "KZ AZ wheat 10019900", "subsidy=yes", "2025-10-01", {"D32": "600000"}),
    (EXPORT, "KZ AZ wheat 10019900", "subsidy=yes", "2026-10-01", {"D32-2026": "600000"}),
    (EXPORT, "KZ IR wheat 10019900", "subsidy=yes", "2025-10-01", {}),
    (EXPORT, "KZ AZ barley 10039000", "subsidy=yes", "2025-10-01", {}),
]  # fmt: skip


@pytest.mark.parametrize(("cells", "goods", "deal", "day", "wanted"), BESIDE)
def test_what_stands_beside_a_line(book, cells, goods, deal, day, wanted) -> None:
    ready = dt.date.fromisoformat(day)
    subject, consignment = subject_of({"month": ready.month, **cells}), goods_of(book, goods, deal)
    frozen = book.books.at(ready, TODAY)
    beside = extras(frozen, price(frozen, subject, consignment), subject, consignment)
    assert {t.rule.rule_id: amount_of(t, LOAD) for t in beside} == {i: Decimal(a) for i, a in wanted.items()}


def test_rows_on_what_is_agreed_are_silent_where_nothing_is(book) -> None:
    """Exclusions aside (not on DAP terms), no row that looks at the deal fits a shipment without one."""
    plain = Consignment("wheat", frozenset(), "", "", "KZ", "IR", deal=Deal())
    subject = Subject("carriage")
    for row in book.books.rows:
        asked = [holds(subject, plain) for name, holds in row.conditions if name in OF_DEAL - {"train_wagons"}]
        excluded = all(dict(row.cells)[name].startswith("!") for name, _ in row.conditions if name in OF_DEAL)
        assert not asked or excluded or not all(asked), row.row


def test_what_we_estimate_has_a_band_and_tells_how(book) -> None:
    for rule in (*book.books.rules, *(e.rule for e in book.books.extras)):
        if rule.status == "estimated":
            assert rule.low < 1 or rule.high > 1, rule.row
    for name in ("rates.csv", "surcharges.csv", "subsidies.csv"):
        for info in book.books.infos.values():
            table = data_file("seeds", "tariffs").joinpath(info.folder.rpartition("/")[2], name)
            for row in rows(f"{table.parent.name}/{name}") if table.is_file() else []:
                told = row.get("note", "") or row.get("based_on", "")
                assert row["source_id"] != "keruen-estimate" or told, row["rule_id"]


def test_market_prices_are_those_published(published) -> None:
    for row in rows("sea/spot.csv"):
        match = ID.search(row["note"])
        assert match is not None, row
        listed = published[match.group()]
        assert (listed["value"], listed["source_id"]) == (row["price"], row["source_id"]), row
        assert row["day"][:7] in (listed["valid_from"][:7], "2021-11"), row  # week 48 of 2021 began in November
