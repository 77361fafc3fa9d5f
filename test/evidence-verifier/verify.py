#!/usr/bin/env python3
"""An independent verifier of an evidence store: recomputes the chain and the row roots, from the format alone.

usage: verify.py STORE    exit 0 consistent, 5 broken
It shares no code with redfirst. Artifacts, schema and checkpoints.log are left to `redfirst verify`.
"""
import hashlib
import json
import os
import sqlite3
import sys

SUITES = ["contract", "integration", "e2e", "unit"]
OUTCOMES = ["passed", "failed", "errored", "skipped", "timed-out", "aborted"]
PLACES = ["body", "setup", "teardown", "suite", "load"]


def sha256(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def canonical(value):
    """RFC 8785 for integers, strings, booleans and null."""
    if isinstance(value, dict):
        keys = sorted(value, key=lambda key: key.encode("utf-16-be"))
        return "{" + ",".join(canonical(key) + ":" + canonical(value[key]) for key in keys) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(canonical, value)) + "]"
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def tree(leaves):
    """Merkle root: leaf = SHA-256(0x00 || block), node = SHA-256(0x01 || left || right), an odd node is promoted."""
    level = [sha256(b"\0", leaf) for leaf in leaves] or [sha256(b"\0")]
    while len(level) > 1:
        level = [sha256(b"\1", *level[i : i + 2]) if i + 1 < len(level) else level[i] for i in range(0, len(level), 2)]
    return level[0]


def rows_root(rows):
    lines = [(canonical(row) + "\n").encode() for row in rows]
    return tree([b"".join(lines[i : i + 256]) for i in range(0, len(lines), 256)])


def observations(db, seq, body):
    query = """SELECT c.suite, c.name, c.file, c.labels, o.outcome, o.failed_in, o.duration_us, d.body
        FROM observation o JOIN row_set s ON s.seq = o.set_id
        JOIN roster_entry e ON e.roster = s.roster AND e.ordinal = coalesce(o.entry, o.ordinal)
        JOIN test_case c ON c.id = e.test_case LEFT JOIN detail d ON d.id = o.detail
        WHERE o.set_id = ? ORDER BY o.ordinal"""
    for suite, name, file, labels, outcome, place, duration, detail in db.execute(query, (seq,)):
        yield [SUITES[suite], body["attempt"], name, file, labels and json.loads(labels),
               OUTCOMES[outcome], PLACES[place], duration, detail and json.loads(detail)]  # fmt: skip


def verdicts(db, seq):
    query = """SELECT c.suite, c.name, d.body FROM verdict v JOIN test_case c ON c.id = v.test_case
        JOIN detail d ON d.id = v.judgement WHERE v.set_id = ? ORDER BY v.ordinal"""
    for suite, name, judgement in db.execute(query, (seq,)):
        yield [SUITES[suite], name, json.loads(judgement)]


def verify(db):
    breaks, previous, total, roots = [], bytes(32), 0, {}
    events = db.execute("SELECT seq, canonical, hash FROM event ORDER BY seq").fetchall()
    for expected, (seq, text, stored) in enumerate(events, 1):
        event = json.loads(text)
        previous = sha256(previous, text.encode())
        if seq != expected or event["seq"] != seq:
            breaks.append(f"event {expected} is missing")
        if previous != stored:
            breaks.append(f"event {seq} does not follow")
        if canonical(event) != text:
            breaks.append(f"event {seq} is not canonical")
        body = event["body"]
        if body["type"] in ("attempt-finished", "suite-judged"):
            rows = list(observations(db, seq, body) if body["type"] == "attempt-finished" else verdicts(db, seq))
            root = rows_root(rows)
            total += len(rows)
            roots.setdefault(body["run"], []).append(root)
            if {"count": len(rows), "root": root.hex()} != body["rows"]:
                breaks.append(f"the rows of event {seq} are not those recorded")
        if body["type"] == "run-finished" and tree(roots.get(body["run"], [])).hex() != body["root"]:
            breaks.append(f"the root of event {seq} is not that of its run")
    return breaks, f"{len(events)} events, {total} rows, head {len(events)}:{previous.hex()}"


def main():
    path = os.path.abspath(os.path.join(sys.argv[1], "evidence.db"))
    breaks, summary = verify(sqlite3.connect(f"file:{path}?mode=ro", uri=True))
    print("\n".join(breaks) if breaks else f"consistent: {summary}")
    return 5 if breaks else 0


if __name__ == "__main__":
    sys.exit(main())
