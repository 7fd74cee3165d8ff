"""Reads an HTML page from standard input with CPython's html.parser; prints its tags and its texts as JSON."""
import json
import sys
from html.parser import HTMLParser


class Reader(HTMLParser):
    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.tags = []
        self.texts = []
        self.open = None

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.open = tag
        if tag in ("td", "li"):
            self.texts.append("")

    def handle_endtag(self, tag):
        self.open = None

    def handle_data(self, data):
        if self.open in ("td", "li"):
            self.texts[-1] += data


pages = json.load(sys.stdin)
found = []
for page in pages:
    reader = Reader()
    reader.feed(page)
    reader.close()
    found.append({"tags": reader.tags, "texts": reader.texts})
json.dump(found, sys.stdout)
