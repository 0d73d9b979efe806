"""Reports of the tests: studies to report, and a reader of the pages."""

import io
import json
from html.parser import HTMLParser

import pandas as pd

import mesa_doe as doe
from tests import models

VOID = {"meta", "br", "hr", "img", "col"}
HOSTILE = (
    "</script><script>alert(1)</script><img src=x onerror=alert(2)>\"'&\x00\x1b[31m\ud800 ]]> <!-- $\\frac$"
)
#: Pandas takes no half of a surrogate pair; a title may have one.
NAME = HOSTILE.replace("\ud800", "")


class Page(HTMLParser):
    """A page as it is read: its elements in order, its text, and what is wrong with its nesting."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.source = text
        self.elements, self.problems, self.open = [], [], []
        self.feed(text)
        self.close()
        assert not self.open, self.open

    def handle_starttag(self, tag, attrs):
        self.elements.append(
            {"tag": tag, "text": "", "within": [one["tag"] for one in self.open], **dict(attrs)}
        )
        if len(dict(attrs)) < len(attrs):
            self.problems.append(f"attributes twice in {self.get_starttag_text()}")
        if tag not in VOID:
            self.open.append(self.elements[-1])

    def handle_endtag(self, tag):
        if not self.open or self.open[-1]["tag"] != tag:
            self.problems.append(f"</{tag}> within {[one['tag'] for one in self.open]}")
        else:
            self.open.pop()

    def handle_data(self, data):
        for one in self.open:
            one["text"] += data

    def all(self, tag, **wanted):
        return [
            one
            for one in self.elements
            if one["tag"] == tag and all(one.get(k) == v for k, v in wanted.items())
        ]

    @property
    def text(self):
        (body,) = self.all("main")
        return body["text"]

    def section(self, key):
        (one,) = self.all("section", id=key)
        return one["text"]

    @property
    def data(self):
        (one,) = self.all("script", id="data")
        return json.loads(one["text"])

    def frame(self, name, **options):
        return pd.read_csv(
            io.StringIO(self.data[name]["csv"]),
            keep_default_na=False,
            na_values={column: [""] for column in options.pop("gaps", [])},
            **options,
        )


def read(path):
    return Page(path.read_text(encoding="utf-8"))


def noisy_space():
    return doe.ParameterSpace(a=doe.Real(0, 1), b=doe.Real(0, 1), inert=doe.Boolean())


def run(design, model, *, store=None, **settings):
    settings = {"rng": 2, **settings}
    return doe.BatchRunner(
        design.configurations(model, **settings), store=store, display_progress=False
    ).run_all(learn_noise=False)


def walkers_space():
    return doe.ParameterSpace(
        n=doe.Integer(1, 10),
        fail_at=doe.Discrete([-1, 3]),
        pace=doe.Real(0.1, 2, log=True),
        torus=doe.Boolean(),
        seed_of=1,
    )


def stops(n, fail_at, pace, torus, seed_of=1, **kwargs):
    return models.Walkers(n, pace, torus, fail_at, **kwargs)


def hostile(x, y, rng):
    if x > 0.5:
        raise ValueError(NAME)
    return {NAME: x + float(rng.normal()), "kind": NAME}


def forty(**parameters):
    return {"y": sum(value / (place + 1) for place, value in enumerate(parameters.values()))}
