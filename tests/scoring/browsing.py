"""Scripts that look at a page from inside, and how a page is opened."""

from __future__ import annotations

from pathlib import Path
from typing import Any

# Text that does not stand out from its ground. In a drawing the ground is the last shape before the text that lies under it.
CONTRAST = """
const luminance = c => { const [r, g, b] = c.match(/[\\d.]+/g).slice(0, 3).map(v => { v /= 255;
    return v <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4; }); return .2126 * r + .7152 * g + .0722 * b; };
const ground = e => { for (; e; e = e.parentElement) { const c = getComputedStyle(e).backgroundColor;
    if (!/^rgba.*, 0\\)$/.test(c)) return c; } return 'rgb(255, 255, 255)'; };
const under = text => { const t = text.getBoundingClientRect(), x = t.x + t.width / 2, y = t.y + t.height / 2;
    let found = null;
    for (const shape of text.ownerSVGElement.querySelectorAll('path, rect, text')) {
        if (shape === text) break;
        const fill = getComputedStyle(shape).fill, b = shape.getBoundingClientRect();
        const seen = +getComputedStyle(shape).fillOpacity > .1;
        if (seen && shape.tagName !== 'text' && /^rgb\\(/.test(fill) && b.x <= x && x <= b.right && b.y <= y && y <= b.bottom) found = fill;
    } return found || ground(text); };
const poor = [];
for (const e of document.body.querySelectorAll('*')) {
    if (e.tagName === 'SCRIPT' || e.tagName === 'TSPAN') continue;
    if (![...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim())) continue;
    const drawn = e.tagName === 'text', style = getComputedStyle(e);
    const [a, b] = [luminance(drawn ? style.fill : style.color), luminance(drawn ? under(e) : ground(e))];
    const ratio = (Math.max(a, b) + .05) / (Math.min(a, b) + .05);
    if (ratio < 4.5) poor.push([e.tagName, String(e.className), e.textContent.slice(0, 20), ratio]);
}
return poor;
"""
# What reaches beyond the given width and is not meant to scroll by itself.
WIDEST = """
return [document.documentElement, ...document.querySelectorAll('body *')].filter(e =>
    e === document.documentElement ? e.scrollWidth > arguments[0]
    : !e.closest('thead, nav.links, .skip, .draw') && e.getBoundingClientRect().right > arguments[0] + .5)
    .map(e => [e.tagName, String(e.className), e.getBoundingClientRect().right, e.textContent.trim().slice(0, 30)]).slice(0, 9);
"""
CHARTS = """
return [...document.querySelectorAll('figure[data-chart]')].map(figure => {
    const svg = figure.querySelector('svg'), box = figure.getBoundingClientRect();
    return {kind: figure.dataset.chart, drawn: 'drawn' in figure.dataset, width: box.width, height: box.height,
        shapes: svg ? [...svg.querySelectorAll('path, rect, circle')].filter(e => e.getBoundingClientRect().width > 0).length : 0,
        right: svg ? svg.getBoundingClientRect().right : 0, words: svg ? svg.textContent : ''};
});
"""

# Two frames, in which a page notices its new size; then until every chart has been painted.
SETTLED = """
const done = arguments[0], until = performance.now() + 20000;
const waiting = () => document.querySelector('figure[data-chart]:not([data-drawn])');
const look = () => waiting() && performance.now() < until ? requestAnimationFrame(look) : done(!waiting());
requestAnimationFrame(() => requestAnimationFrame(look));
"""


def show(browser: Any, path: Path, width: int = 1280, *, dark: bool = False, media: str = "") -> None:
    """Open a page as wide as said."""
    resize(browser, width)
    dress(browser, dark=dark, media=media)
    browser.get(path.as_uri())
    settle(browser)


def resize(browser: Any, width: int) -> None:
    """As wide as said, 844 high; below 600 as on a phone."""
    size = {"width": width, "height": 844, "deviceScaleFactor": 1, "mobile": width < 600}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    settle(browser)


def settle(browser: Any) -> None:
    """Wait until the page's charts have been painted; where no script runs nothing is to wait for."""
    if browser.execute_script("return document.documentElement.classList.contains('js')"):
        assert browser.execute_async_script(SETTLED), "a chart was never painted"


def dress(browser: Any, *, dark: bool, media: str = "") -> None:
    """Light or dark, on a screen or on paper."""
    scheme = [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": media, "features": scheme})
