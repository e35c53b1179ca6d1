"""The files under deploy/ name settings, paths and metrics that there are."""

import re

import yaml

from tests.house.tree import ROOT
from trendwire import settings
from trendwire.web.metrics import Metrics

DEPLOY = ROOT / "deploy"


def test_every_setting_named_is_one() -> None:
    known = {row.env for row in settings.rows()}
    for path in (*DEPLOY.iterdir(), ROOT / "docs" / "how-to" / "deploy.md"):
        named = set(re.findall(r"TRENDWIRE_[A-Z_]+[A-Z]", path.read_text()))
        assert named <= known, path.name


def test_alerts_ask_for_what_is_counted() -> None:
    metrics = Metrics()
    metrics.observe("chart", 200, 0.01, True)
    names = {sample.name for family in metrics.collect() for sample in family.samples}
    for group in yaml.safe_load((DEPLOY / "prometheus-alerts.yml").read_text())["groups"]:
        for rule in group["rules"]:
            asked = set(re.findall(r"trendwire_\w+", rule["expr"]))
            assert asked <= names, rule["alert"]
