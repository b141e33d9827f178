"""Differential test of the report reader: the same made-up files, read by leadq, Python's csv and DuckDB.

usage: differential.py LEADQ FILES SEED

Each file is a report in a random dialect (delimiter, quoting, line ends, encoding) with text cells that
hold delimiters, quotes and line ends. leadq is told nothing; the others are told the dialect. What leadq
makes of a row (lead number, city, disposition, job status) must be what the others read, cleaned as the
specification says: white space trimmed and collapsed, placeholders empty. Exit code 1 and the first
differences if it is not.
"""

import csv
import io
import json
import os
import random
import re
import subprocess
import sys
import tempfile

import duckdb

HEADER = ["Lead #", "Email", "Dispo", "Set", "Job Status", "Comment"]
# No digits in a row and no @: such text is masked as an identifier would be.
PIECES = ["a", "Sale", "no answer", "é", "“late”", "ß", " ", "  ", ",", ";", "\t", "|", '"', '""', "'", "\n", "\r\n",
          "-", "/", "=x", "7", "N/A", ".", "\u00a0"]
DELIMITERS = [",", ";", "\t", "|"]
QUOTING = [csv.QUOTE_MINIMAL, csv.QUOTE_ALL]
LINE_ENDS = ["\n", "\r\n", "\r"]
ENCODINGS = ["utf-8", "utf-8-sig", "utf-16", "cp1252"]
PLACEHOLDERS = {"", "null", "none", "nan", "nat", "n/a", "#n/a", "na", "undefined"}


def made_up(rng, number):
    """A file: its dialect, and its rows below the header."""
    dialect = {
        "delimiter": rng.choice(DELIMITERS),
        "quoting": rng.choice(QUOTING),
        "lineterminator": rng.choice(LINE_ENDS),
        "encoding": rng.choice(ENCODINGS),
        "multiline": rng.random() < 0.5,
    }
    if dialect["multiline"]:
        # Python before 3.13 leaves a bare CR unquoted otherwise.
        dialect["quoting"] = csv.QUOTE_ALL

    def text():
        pieces = [p for p in PIECES if dialect["multiline"] or ("\n" not in p and "\r" not in p)]
        return "".join(rng.choice(pieces) for _ in range(rng.randint(0, 6)))

    rows = []
    for row in range(rng.randint(1, 25)):
        rows.append([f"f{number}r{row}", "", text(), rng.choice("01"), text(), text()])
    return dialect, rows


def write(path, dialect, rows):
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=dialect["delimiter"], quoting=dialect["quoting"],
                        lineterminator=dialect["lineterminator"])
    writer.writerow(HEADER)
    writer.writerows(rows)
    with open(path, "wb") as file:
        file.write(out.getvalue().encode(dialect["encoding"], "replace"))


def clean(cell):
    """A free-text cell as chapter 1.6 has it."""
    text = re.sub(r"\s+", " ", cell or "").strip()
    return "" if text.casefold() in PLACEHOLDERS or re.fullmatch("-+", text) else text


def shown(row):
    """A row as the export shows it: text that a spreadsheet would run has a quote before it."""
    inert = lambda text: f"'{text}" if text[:1] in ("=", "+", "-", "@") else text
    return row[0], inert(clean(row[2])).lower(), inert(clean(row[4])).lower(), row[3] == "1"


def by_python(path, dialect):
    with open(path, encoding=dialect["encoding"], newline="") as file:
        rows = list(csv.reader(file, delimiter=dialect["delimiter"]))
    return {shown(row) for row in rows[1:]}


def by_duckdb(path, dialect):
    """What DuckDB reads, or None where it has no such dialect."""
    if dialect["encoding"] not in ("utf-8", "utf-8-sig"):
        return None
    names = {name: "VARCHAR" for name in HEADER}
    try:
        rows = duckdb.read_csv(path, header=True, delimiter=dialect["delimiter"], quotechar='"', escapechar='"',
                               columns=names, auto_detect=False, all_varchar=True).fetchall()
    except duckdb.Error:
        return None
    return {shown([cell or "" for cell in row]) for row in rows}


def by_leadq(binary, folder):
    """What leadq makes of all files, by the number of the file."""
    env = {"LEADQ_SECRET": "0123456789abcdef0123456789abcdef", "LEADQ_LAKE": "lake", "PATH": os.environ["PATH"]}

    def leadq(*arguments):
        done = subprocess.run([binary, *arguments], cwd=folder, env=env, capture_output=True, text=True)
        if done.returncode:
            sys.exit(f"leadq {' '.join(arguments)}: {done.stderr}")
        return done.stdout

    leadq("run", "--quiet", "--leads", "leads", "--reports", "reports")
    malformed = sum(file["malformed"] for file in json.loads(leadq("files", "--format", "json")))
    leadq("export", "record_version", "--to", "versions.csv")
    read = {}
    with open(os.path.join(folder, "versions.csv"), encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            number = int(re.match(r"f(\d+)r", row["lead_number"])[1])
            cells = (row["dispo"].lower(), row["job_status"].lower(), row["set"] == "true")
            read.setdefault(number, set()).add((row["lead_number"], *cells))
    return read, malformed


def main(binary, files, seed):
    rng = random.Random(seed)
    with tempfile.TemporaryDirectory() as folder:
        os.makedirs(f"{folder}/leads")
        os.makedirs(f"{folder}/reports")
        duckdb.sql(f"COPY (SELECT 'l' AS lead_uuid, repeat('a', 64) AS email_hash) TO '{folder}/leads/l.parquet'")
        made = [made_up(rng, number) for number in range(files)]
        for number, (dialect, rows) in enumerate(made):
            write(f"{folder}/reports/r{number}.csv", dialect, rows)
        read, malformed = by_leadq(binary, folder)
        differences, with_duckdb, rows = [], 0, 0
        for number, (dialect, _) in enumerate(made):
            path = f"{folder}/reports/r{number}.csv"
            ours, python, duck = read.get(number, set()), by_python(path, dialect), by_duckdb(path, dialect)
            rows += len(python)
            with_duckdb += duck is not None
            for name, theirs in (("Python", python), ("DuckDB", duck)):
                if theirs is not None and ours != theirs:
                    differences.append((number, dialect, name, sorted(ours - theirs)[:2], sorted(theirs - ours)[:2]))
        for number, dialect, name, ours, theirs in differences[:10]:
            print(f"file {number} {dialect}\n  only leadq: {ours}\n  only {name}: {theirs}")
        print(f"differential: {files} files, {rows} rows, {with_duckdb} files read by DuckDB too, "
              f"{malformed} rows malformed, {len(differences)} differences")
        return 1 if differences or malformed else 0


if __name__ == "__main__":
    sys.exit(main(os.path.abspath(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])))
