"""Reads delimited texts with the csv module: a JSON array of {text, delimiter} in, an array of rows of cells out."""

import csv
import io
import json
import sys

csv.field_size_limit(1 << 20)
json.dump(
    [
        list(csv.reader(io.StringIO(each["text"], newline=""), delimiter=each["delimiter"]))
        for each in json.load(sys.stdin)
    ],
    sys.stdout,
)
