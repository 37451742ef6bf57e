"""Spreadsheets as bytes: what a file holds, cell by cell, and how one is given back.

`read` opens CSV, TSV, TXT, XLSX, XLS and ODS into a `Grid`; `numbers` and `dates` read what people type;
nothing here knows freight.
"""
