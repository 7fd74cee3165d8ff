"""Reads reports with the email package of CPython and tells what it found, defects above all.

In: one report per line, base64. Out: one JSON object per line.
"""

import base64
import json
import re
import sys
from email import message_from_bytes, policy

# Of reports the package knows message/delivery-status alone. It takes the other types for whole messages and leaves them
# encoded, so they are given to it as types that it decodes and leaves in one piece.
READ = "application/x-read-"
STATUS = ("delivery-status", "disposition-notification")


def defects_of(part):
    found = [type(defect).__name__ for defect in part.defects]
    for name, value in part.items():
        found += [f"{name}: {type(defect).__name__}" for defect in getattr(value, "defects", ())]
    return found


def type_of(part):
    return part.get_content_type().replace(READ, "message/")


def fields_of(octets):
    # As they stand there: octets that are not ASCII come as surrogates.
    fields = message_from_bytes(octets, policy=policy.compat32).raw_items()
    shown = lambda value: value.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    return [[name, re.sub(r"\r?\n", "", shown(value))] for name, value in fields]


def groups_of(part):
    if type_of(part) != "message/delivery-status":
        groups = re.split(rb"\r?\n\r?\n", part.get_payload(decode=True).strip())
        return [fields_of(group) for group in groups]
    return [list(map(list, group.items())) for group in part.get_payload()]


def message_id_of(part):
    if part.get_content_type() == "message/rfc822":
        return part.get_payload(0)["message-id"]
    return dict((name.lower(), value) for name, value in fields_of(part.get_payload(decode=True))).get("message-id")


def tell(octets):
    octets = re.sub(rb"(?im)^(Content-Type:\s*)message/(?=global|disposition)", rb"\1" + READ.encode(), octets)
    report = message_from_bytes(octets, policy=policy.default)
    parts = list(report.iter_parts())
    status = [part for part in parts if type_of(part).endswith(STATUS)]
    return {
        "defects": [defect for part in report.walk() for defect in defects_of(part)],
        "type": report.get_content_type(),
        "reportType": report.get_param("report-type"),
        "header": {name.lower(): str(value) for name, value in report.items()},
        "parts": [type_of(part) for part in parts],
        "text": parts[0].get_content(),
        "groups": [group for part in status for group in groups_of(part)],
        "originalMessageId": message_id_of(parts[2]) if len(parts) > 2 else None,
    }


for line in sys.stdin:
    print(json.dumps(tell(base64.b64decode(line))))
