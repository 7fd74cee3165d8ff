"""Reads reports with the email package of CPython and tells what it found, defects above all.

In: one report per line, base64. Out: one JSON object per line.
"""

import base64
import json
import sys
from email import message_from_bytes, policy


def defects_of(part):
    found = [type(defect).__name__ for defect in part.defects]
    for name, value in part.items():
        found += [f"{name}: {type(defect).__name__}" for defect in getattr(value, "defects", ())]
    return found


def tell(octets):
    report = message_from_bytes(octets, policy=policy.default)
    parts = list(report.iter_parts())
    status = [part for part in parts if part.get_content_type() == "message/delivery-status"]
    return {
        "defects": [defect for part in report.walk() for defect in defects_of(part)],
        "type": report.get_content_type(),
        "reportType": report.get_param("report-type"),
        "header": {name.lower(): str(value) for name, value in report.items()},
        "parts": [part.get_content_type() for part in parts],
        "text": parts[0].get_content(),
        "groups": [list(map(list, group.items())) for part in status for group in part.get_payload()],
    }


for line in sys.stdin:
    print(json.dumps(tell(base64.b64decode(line))))
