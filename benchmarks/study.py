"""A tariff study of two coefficients, five corridors and many lanes, as a tariff department runs it: one command.

    python benchmarks/study.py [--lanes 200] [--rules cheapest logit] [--json]

The Turkmen coefficient by Akyayla and the Kazakh one to Bolashak, any value of four places between 0.30 and 1.00, for grain
from stations of Kazakhstan to eight places in Iran; the contribution of both railways is sought. `seconds` is of the whole command, start, letter and
proof by quotes included; `gap` is what the bound leaves open.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from optimizer.databook import DataBook

TO = (
    "ir-bandar-abbas",
    "ir-tehran",
    "ir-amirabad",
    "ir-mashhad",
    "ir-incheh-borun",
    "ir-sarakhs",
    "ir-anzali-port",
    "ir-qom",
)
CARGOES = ("wheat", "barley")
ANSWERS = {
    "cheapest": 'rule = "cheapest"\n',
    "logit": 'rule = "logit"\nspread = 6\ntime_value = 0.10\nelasticity = 0.5\nnote = "drawn for a benchmark"\n',
}
HEAD = """title = "Two coefficients"
ready = 2027-01-15
known_on = 2026-11-22
avoid = ["tm-altyn-asyr", "tm-artyk"]

[objective]
maximise = "contribution"
of = ["KTZ", "TDY"]

[[marginal_costs]]
carrier = "KTZ"
per_t_km = 0.0040
status = "estimated"
note = "as in aktau-against-rail"

[[marginal_costs]]
carrier = "TDY"
per_t_km = 0.0048
status = "estimated"
note = "as in akyayla-grain"
"""
RATE = """
[[rates]]
name = "{name}"
carrier = "{carrier}"
via = "{via}"
form = "wagon"
gng = "1001;1003"
destination_country = "IR"
least = 0.30
most = 1.00
valid_from = 2027-01-01
valid_to = 2027-03-31
"""
RATES = (("akyayla", "TDY", "tm-akyayla"), ("bolashak", "KTZ", "kz-bolashak"))
CORRIDORS = {
    "Aktau and the sea": ("kz-aktau-port", "kz-kuryk-port"),
    "Uzbekistan": ("uz-keles", "uz-karakalpakia"),
    "Akyayla": ("tm-akyayla",),
    "Sarahs": ("tm-sarahs",),
}


def study(book: DataBook, lanes: int, rule: str) -> str:
    """The study's file; the same lanes every time."""
    dice = random.Random(200)
    origins = sorted(p for p in book.network.rail_places if p.startswith("kz-"))
    to = [p for p in TO if p in book.network.rail_places or p in book.network.members]
    every = [(a, b, c) for a in origins for b in to for c in CARGOES]
    parts = [HEAD, "\n[answer]\n", ANSWERS[rule]]
    parts += [RATE.format(name=name, carrier=carrier, via=via) for name, carrier, via in RATES]
    for name, via in CORRIDORS.items():
        parts.append(f'\n[[corridors]]\nname = "{name}"\nvia = {json.dumps(via)}\n')
    parts.append("\n[demand]\nlot_t = 3000\n")
    for number, (a, b, cargo) in enumerate(dice.sample(every, min(lanes, len(every)))):
        parts.append(
            f'\n[[demand.lanes]]\nname = "{number}"\norigin = "{a}"\ndestination = "{b}"\ncargo = "{cargo}"\n'
            f"tonnes = {dice.randint(5, 400) * 100}\n"
        )
    return "".join(parts)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--lanes", type=int, default=200)
    options.add_argument("--rules", nargs="+", choices=sorted(ANSWERS), default=sorted(ANSWERS))
    options.add_argument("--json", action="store_true")
    asked = options.parse_args()
    book = DataBook.load()
    rows = []
    for rule in asked.rules:
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "study.toml"
            file.write_text(study(book, asked.lanes, rule), encoding="utf-8")
            command = [sys.executable, "-m", "optimizer", "tariff", "study", str(file), "--json", "--out"]
            begin = time.perf_counter()
            done = subprocess.run([*command, str(Path(folder) / "out")], check=True, capture_output=True, text=True)
            seconds = time.perf_counter() - begin
        told = json.loads(done.stdout)
        rows.append(
            {"rule": rule, **{k: told[k] for k in ("lanes", "ways", "value", "bound", "gap", "status")}}
            | {"best": told["best"], "seconds": round(seconds, 1)}
        )
    if asked.json:
        print(json.dumps(rows, indent=2))
        return
    for row in rows:
        print("  ".join(f"{k} {v}" for k, v in row.items()))


if __name__ == "__main__":
    main()
