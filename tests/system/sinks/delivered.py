"""Compares what was delivered with the alerts there are.

Usage: delivered.py LISTED NAME=FILE[,FILE...]...

LISTED has the alerts as `weir alerts list --format ndjson` prints them. The files of a NAME are one place of
delivery, in the order of arrival. Every alert must have arrived there in its present revision, revisions of
an alert must not fall, and nothing else may have arrived. A line that a crash cut is skipped: its alert has
to follow again. Prints what is wrong, or a line of counts for each place.
"""

import json
import sys


def read(path, cut_lines):
    with open(path, "rb") as file:
        for line in file:
            try:
                alert = json.loads(line)
                yield alert["alert_id"], int(alert["revision"])
            except ValueError:
                cut_lines.append(line)


def check(name, paths, wanted):
    last, fell, lines, cut_lines = {}, 0, 0, []
    for path in paths:
        for alert, revision in read(path, cut_lines):
            lines += 1
            fell += revision < last.get(alert, 0)
            last[alert] = revision
    lost = [alert for alert in wanted if alert not in last]
    old = [alert for alert in wanted if last.get(alert, wanted[alert]) != wanted[alert]]
    unknown = [alert for alert in last if alert not in wanted]
    wrong = []
    for what, found in (("lost", lost), ("in an old revision", old), ("unknown", unknown)):
        if found:
            wrong.append(f"{name}: {len(found)} alerts {what}, one is {found[0]}")
    if fell:
        wrong.append(f"{name}: a revision fell {fell} times")
    if wrong:
        return wrong, ""
    return [], (f"{name}: {len(last)} alerts in {lines} deliveries"
                + (f", {len(cut_lines)} lines cut by a crash" if cut_lines else ""))


def main(listed, places):
    wanted = dict(read(listed, []))
    wrong, right = [], []
    for place in places:
        name, paths = place.split("=", 1)
        problems, counts = check(name, paths.split(","), wanted)
        wrong += problems
        right.append(counts)
    print("\n".join(wrong or right))
    sys.exit(1 if wrong or not wanted else 0)


main(sys.argv[1], sys.argv[2:])
