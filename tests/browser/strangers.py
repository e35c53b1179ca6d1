"""What must not be in a page, a table or a drawing, whoever wrote its texts; and how texts are compared."""

import csv
import io
import re
import unicodedata
from collections.abc import Iterable
from xml.etree import ElementTree

from tests.browser.watching import Tab

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""What a spreadsheet takes for the start of a formula, in narrow and in wide letters."""

_STRANGERS = """() => {
  const never = new Set(("applet audio base embed frame frameset iframe image keygen marquee math object "
    + "plaintext video xmp pwned x-pwned animate set foreignobject noembed").split(" "));
  const found = [];
  const ours = address => new URL(address, location.href).origin === location.origin;
  // where a link may lead, when somebody clicks it
  const away = element => element.localName === "a" && element.origin === "https://www.tiktok.com";
  for (const element of document.querySelectorAll("*")) {
    const name = element.localName.toLowerCase();
    const tell = why => found.push(why + ": " + element.outerHTML.slice(0, 200));
    if (never.has(name)) tell("element");
    for (const attribute of element.attributes) {
      const named = attribute.name.toLowerCase();
      if (named.startsWith("on") || ["srcdoc", "pwned", "background", "http-equiv"].includes(named))
        tell("attribute");
      if (["src", "href", "xlink:href", "action", "formaction", "poster", "data"].includes(named)
          && (!(ours(attribute.value) || away(element)) || /[\\x00-\\x20]/.test(attribute.value)))
        tell("address");
    }
    if (name === "script" && element.type !== "application/json"
        && !new URL(element.src || "x:", location.href).pathname.startsWith("/static/")) tell("script");
    if (name === "script" && element.type === "application/json") JSON.parse(element.textContent);
    if (name === "style") tell("style");
  }
  return found;
}"""

_TEXTS = """() => [...document.querySelectorAll("main bdi")].map(one => one.textContent)"""

_DRAWN = re.compile(
    r"\{http://www\.w3\.org/2000/svg\}(svg|g|path|rect|line|polyline|circle|text|tspan|title|desc|style)"
)


def strangers(opened: Tab) -> list[str]:
    """Elements, attributes and addresses of a page that no template of ours writes."""
    return [str(one) for one in opened.page.evaluate(_STRANGERS)]


def essence(text: str) -> str:
    """A text without what may be shown otherwise or not at all: white space, control letters, halves."""
    left_out = {"Cc", "Cs", "Cn", "Zl", "Zp", "Zs"}
    return "".join(
        letter for letter in text if unicodedata.category(letter) not in left_out and letter != "\ufffd"
    )


def told_texts(opened: Tab) -> set[str]:
    """The essences of all texts on a page that come from data."""
    return {essence(str(one)) for one in opened.page.evaluate(_TEXTS)}


def missing(expected: Iterable[str], shown: set[str]) -> list[str]:
    """Names that are not shown, neither alone nor behind the sign of their kind."""
    wanted = [(one, essence(one)) for one in expected]
    return [one for one, text in wanted if text and shown.isdisjoint((text, f"#{text}", f"@{text}"))]


def formulas(table: str) -> list[str]:
    """Cells of a CSV file that a spreadsheet would compute; numbers are none."""
    rows = list(csv.reader(io.StringIO(table, newline="")))
    columns = range(len(rows[0]))
    texts = [column for column in columns if not all(_is_number(row[column]) for row in rows[1:])]
    return [row[column] for row in rows for column in texts if row[column].startswith(FORMULA)]


def _is_number(cell: str) -> bool:
    return re.fullmatch(r"-?[0-9]+(\.[0-9]+)?(e[-+]?[0-9]+)?|", cell) is not None


def drawn(drawing: str) -> list[str]:
    """Elements and attributes of an SVG file that are no shapes and no texts."""
    root = ElementTree.fromstring(drawing)
    elements = [one.tag for one in root.iter() if not _DRAWN.fullmatch(str(one.tag))]
    attributes = [name for one in root.iter() for name in one.attrib if re.match(r"on|.*href|style$", name)]
    return elements + attributes
