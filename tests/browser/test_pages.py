"""Every page works on a phone, a tablet and a desk, light and dark, with and without scripts."""

import pytest

from tests.browser.places import HEIGHT, PLACES, WIDTHS, Place
from tests.browser.site import Site
from tests.browser.watching import Open, Scheme, Tab

SCHEMES: tuple[Scheme, ...] = ("light", "dark")
CONTRAST = ("color-contrast", "link-in-text-block")
"""Rules of axe that are about colours: the others see the same in the dark."""

each_place = pytest.mark.parametrize("place", PLACES, ids=lambda place: place.name)


def _seen(opened: Tab, place: Place) -> list[str]:
    """What is wrong with a page at any width and in either scheme; loaded once."""
    wrong = []
    for width in WIDTHS:
        for scheme in SCHEMES:
            opened.dress(width, HEIGHT, scheme)
            found = opened.barriers(CONTRAST if scheme == "dark" else ()) + opened.beyond()
            wrong += [f"{place.name} at {width} px, {scheme}: {one}" for one in found]
    return wrong


@each_place
def test_a_page_fits_every_screen_and_shuts_nobody_out(site: Site, open_tab: Open, place: Place) -> None:
    opened = open_tab(viewport={"width": WIDTHS[0], "height": HEIGHT}, **site.options(place))
    opened.goto(site.address(place), place.status)
    opened.assert_quiet()
    wrong = _seen(opened, place)
    assert not wrong, "\n".join(wrong)


@each_place
def test_a_page_says_what_it_is_without_scripts(site: Site, open_tab: Open, place: Place) -> None:
    opened = open_tab(java_script_enabled=False, **site.options(place))
    opened.goto(site.address(place), place.status)
    page = opened.page
    assert page.locator("main h1").count() == 1
    assert len(page.locator("main").inner_text()) > 40
    if place.form is not None:
        assert page.locator(place.form).first.is_visible()
