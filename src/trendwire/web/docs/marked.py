"""Markdown as HTML of ours: no HTML of the text's own, no picture, headings with ids, links that lead."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict
from markupsafe import Markup, escape

from trendwire.web.docs.guides import Target

_TITLE = 3
"""Tokens of a heading: its start, its words, its end."""

Leads = Callable[[str], Target | None]
"""Where a link of the text leads; None leaves it as it is."""


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading: its depth from 1, its id, its words."""

    depth: int
    id: str
    text: str


@dataclass(frozen=True, slots=True)
class Section:
    """What stands under a heading, as words without marks; `heading` is None before the first."""

    heading: Heading | None
    text: str


@dataclass(frozen=True, slots=True)
class Marked:
    """A text rendered: its HTML without its title, its headings, its sections."""

    html: Markup
    headings: tuple[Heading, ...]
    sections: tuple[Section, ...]


def marked(text: str, leads: Leads = lambda _: None) -> Marked:
    """Renders a text. Its HTML holds nothing of the text that is not escaped."""
    parser = _parser()
    tokens = parser.parse(text)
    headings = _named(tokens)
    _led(tokens, leads)
    titled = bool(tokens) and tokens[0].tag == "h1"
    html = parser.renderer.render(tokens[_TITLE:] if titled else tokens, parser.options, {})
    return Marked(Markup(html), tuple(headings), tuple(_sections(tokens, headings)))  # noqa: S704


def inline(text: str) -> Markup:
    """A text of one paragraph, such as a description: code, emphasis, links."""
    return Markup(_parser().renderInline(text))  # noqa: S704


def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False}).enable("table")
    for name, rule in _RULES.items():
        parser.add_render_rule(name, rule)
    return parser


def _named(tokens: list[Token]) -> list[Heading]:
    """Gives each heading an id, made of its words, and its own number where they come again."""
    headings: list[Heading] = []
    taken: set[str] = set()
    for place, token in enumerate(tokens):
        if token.type != "heading_open":
            continue
        words = _words(tokens[place + 1])
        slug = name = re.sub(r"[^\w]+", "-", words.lower()).strip("-") or "section"
        number = 1
        while name in taken:
            number += 1
            name = f"{slug}-{number}"
        taken.add(name)
        token.attrSet("id", name)
        headings.append(Heading(int(token.tag[1:]), name, words))
    return headings


def _words(token: Token) -> str:
    """An inline token's text without its marks."""
    parts = token.children or []
    breaks = {"softbreak", "hardbreak"}
    return "".join(" " if part.type in breaks else part.content for part in parts) or token.content


def _led(tokens: Sequence[Token], leads: Leads) -> None:
    """Leads links where they belong; one that leads nowhere becomes words and a file's name."""
    for token in tokens:
        open_: list[Target | None] = []
        for part in token.children or ():
            if part.type == "link_open":
                target = leads(str(part.attrGet("href")))
                open_.append(target)
                _lead(part, target)
            elif part.type == "link_close":
                closed = open_.pop()
                part.meta = {"file": closed.text} if closed and closed.path is None else {}


def _lead(link: Token, target: Target | None) -> None:
    if target is None:
        if str(link.attrGet("href")).startswith("http"):
            link.attrSet("rel", "noreferrer")
    elif target.path is None:
        link.meta = {"file": target.text}
    else:
        link.attrSet("href", target.path)


def _sections(tokens: list[Token], headings: list[Heading]) -> list[Section]:
    """The words of a text, cut at its headings."""
    found: list[tuple[Heading | None, list[str]]] = [(None, [])]
    coming = iter(headings)
    within = False
    for token in tokens:
        if token.type == "heading_open":
            found.append((next(coming), []))
        within = token.type == "heading_open" or (within and token.type != "heading_close")
        if not within and token.type in ("inline", "fence", "code_block"):
            found[-1][1].append(_words(token))
    return [Section(heading, "\n".join(parts)) for heading, parts in found if heading or parts]


_Rule = Callable[[RendererHTML, Sequence[Token], int, OptionsDict, EnvType], str]


def _link_open(
    self: RendererHTML, tokens: Sequence[Token], at: int, options: OptionsDict, env: EnvType
) -> str:
    if tokens[at].meta.get("file"):
        return ""
    return self.renderToken(tokens, at, options, env)


def _link_close(
    self: RendererHTML, tokens: Sequence[Token], at: int, options: OptionsDict, env: EnvType
) -> str:
    file = tokens[at].meta.get("file")
    return (
        f" (<code>{escape(file)}</code> in the source tree)"
        if file
        else self.renderToken(tokens, at, options, env)
    )


def _image(
    _self: RendererHTML, tokens: Sequence[Token], at: int, _options: OptionsDict, _env: EnvType
) -> str:
    """A picture's words: none is loaded."""
    return str(escape(tokens[at].content))


def _block(
    _self: RendererHTML, tokens: Sequence[Token], at: int, _options: OptionsDict, _env: EnvType
) -> str:
    """A block of code, which the keyboard can scroll."""
    return f'<pre tabindex="0"><code>{escape(tokens[at].content)}</code></pre>\n'


def _table_open(
    _self: RendererHTML, _tokens: Sequence[Token], _at: int, _options: OptionsDict, _env: EnvType
) -> str:
    return '<div class="scroll" tabindex="0" role="group" aria-label="Table"><table>\n'


def _table_close(
    _self: RendererHTML, _tokens: Sequence[Token], _at: int, _options: OptionsDict, _env: EnvType
) -> str:
    return "</table></div>\n"


_RULES: dict[str, _Rule] = {
    "link_open": _link_open,
    "link_close": _link_close,
    "image": _image,
    "fence": _block,
    "code_block": _block,
    "table_open": _table_open,
    "table_close": _table_close,
}
