"""Which SVG markup may reach a browser: docs/api.md, "Types".

No script, handler, style, foreign object or reference to anything outside.
"""

from __future__ import annotations

import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from draftkeep.svg import objection_to

NS = 'xmlns="http://www.w3.org/2000/svg"'


def svg(inside: str = "", attributes: str = "") -> str:
    return f"<svg {NS} {attributes}>{inside}</svg>"


HARMLESS = [
    svg(),
    "<svg/>",
    svg('<path d="M0 0 L10 10" fill="none" stroke="currentColor" stroke-width="2"/>', 'viewBox="0 0 24 24"'),
    svg('<g transform="rotate(45)"><circle cx="1" cy="1" r="1"/><ellipse rx="1" ry="2"/><line x1="0" x2="1"/></g>'),
    svg('<polyline points="0,0 1,1"/><polygon points="0,0 1,1"/><rect rx="1" width="1" height="1"/>'),
    svg('<defs><linearGradient id="a"><stop offset="0" stop-color="#fff"/></linearGradient></defs>'),
    svg('<rect fill="url(#a)" clip-path="url( #b )" mask="URL(#c)"/>'),
    svg('<use href="#a"/>'),
    svg('<use xmlns:xlink="http://www.w3.org/1999/xlink" xlink:href="#a"/>'),
    svg("<title>Caf\u00e9 \U0001f600 &lt;b&gt; &amp; &#9829;</title><desc>Home</desc>"),
    svg('<text x="1" font-family="serif" text-anchor="middle">A<tspan>b</tspan></text>', 'role="img"'),
    f"  \n{svg()}\n",
]


@pytest.mark.parametrize("markup", HARMLESS)
def test_what_only_draws_is_let_through(markup: str) -> None:
    assert objection_to(markup) is None


@pytest.mark.parametrize("attribute", ['id="hourly"', 'class="icon curl"', 'aria-label="The url of a page"'])
def test_a_word_is_no_reference_to_the_outside(attribute: str) -> None:
    assert objection_to(svg(attributes=attribute)) is None


ELEMENTS = [
    *("script", "style", "foreignObject", "iframe", "image", "a", "animate", "set", "animateTransform", "feImage"),
    *("object", "embed", "link", "meta", "base", "html", "SCRIPT", "svg:script", "handler", "listener", "filter"),
]


@pytest.mark.parametrize("element", ELEMENTS)
@pytest.mark.parametrize("around", ["{}", "<g>{}</g>", "<title>{}</title>", "<text>a{}</text>", "<svg>{}</svg>"])
def test_an_element_that_does_more_than_draw_is_refused(element: str, around: str) -> None:
    inside = around.format(f"<{element}>alert(1)</{element}>")

    assert objection_to(f'<svg {NS} xmlns:svg="http://www.w3.org/2000/svg">{inside}</svg>') is not None


@pytest.mark.parametrize(
    "attribute",
    [
        *('onload="x"', 'onclick="x"', 'ONLOAD="x"', 'onbegin="x"', "onfocus='x' tabindex='1'"),
        *('style="fill:red"', 'style="background:url(http://x)"', 'STYLE="x"', 'xml:base="http://x"', 'src="x"'),
        *('href="javascript:alert(1)"', 'href=" javascript:alert(1)"', 'href="&#106;avascript:alert(1)"'),
        *('href="http://x/#a"', 'href="//x#a"', 'href="data:image/svg+xml,x"', 'href=""', 'href="a.svg#b"'),
        *('href="#a b"', 'xmlns:l="http://www.w3.org/1999/xlink" l:href="http://x"', 'filter="url(#a)"'),
        *('fill="url(http://x)"', 'fill="url(//x#a)"', "fill=\"url('http://x')\"", 'fill="url(#a) url(http://x)"'),
        *('fill="u\\72l(http://x)"', 'fill="UrL(http://x)"', 'mask="url(a.svg#m)"', 'fill="url("'),
        *("mask=\"image-set('http://x' 1x)\"", "mask=\"image('http://x')\"", "mask=\"src('http://x')\""),
        *('begin="0s"', 'attributeName="href"', 'to="javascript:x"', 'srcdoc="x"', 'formaction="x"', 'xml:id="a"'),
    ],
)
@pytest.mark.parametrize("element", ["svg", "use"])
def test_an_attribute_that_acts_or_leads_out_is_refused(attribute: str, element: str) -> None:
    markup = svg(attributes=attribute) if element == "svg" else svg(f"<g><use {attribute}/></g>")

    assert objection_to(markup) is not None


@pytest.mark.parametrize(
    "markup",
    [
        *("", " ", "text", "<svg", "<svg>", "<svg></g>", "<svg/><svg/>", "<svg/>text", "&lt;svg/&gt;", "<svg a=b/>"),
        *(
            "<html/>",
            "<SVG/>",
            "<g/>",
            '<svg xmlns="http://elsewhere/"/>',
            "\x00",
            "<svg>\x00</svg>",
            "<svg>\ud800</svg>",
        ),
        *("<!DOCTYPE svg><svg/>", '<?xml version="1.0"?><svg/>', "<svg><!-- x --></svg>", "<svg><![CDATA[x]]></svg>"),
        '<!DOCTYPE svg [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><svg>&b;</svg>',
        '<!DOCTYPE svg [<!ENTITY x SYSTEM "file:///etc/passwd">]><svg>&x;</svg>',
        "<svg>&undefined;</svg>",
        "<svg><?php x ?></svg>",
        "<svg id='a' id='b'/>",
    ],
)
def test_what_is_no_plain_svg_document_is_refused(markup: str) -> None:
    assert objection_to(markup) is not None


@pytest.mark.parametrize(
    "markup",
    [
        "<svg>" + "<g>" * 30_000 + "</g>" * 30_000 + "</svg>",
        svg("<g/>" * 50_000),
        svg(attributes=f'class="{"x" * 250_000}"'),
        svg(f"<title>{'x' * 250_000}</title>"),
        svg(attributes=f'fill="{"url(#a)" * 30_000}"'),
        svg(attributes=f'fill="{"url( " * 50_000}"'),
        svg(attributes=f'fill="url({" " * 250_000}"'),
    ],
    ids=["deep", "many", "long attribute", "long text", "many references", "open references", "spaces"],
)
def test_256_kib_are_judged_within_a_second(markup: str) -> None:
    began = time.perf_counter()

    objection_to(markup)

    assert time.perf_counter() - began < 1


def test_an_objection_does_not_repeat_long_input() -> None:
    for markup in (svg(f"<{'x' * 9999}/>"), svg(attributes=f'{"x" * 9999}="1"'), "x" * 9999):
        objection = objection_to(markup)

        assert objection
        assert len(objection) < 200


@given(st.text(max_size=40))
@example("]]>")
def test_any_text_gets_a_verdict(text: str) -> None:
    assert objection_to(text) is not None or "<svg" in text
    objection_to(svg(text))


@given(st.sampled_from(HARMLESS), st.sampled_from(ELEMENTS), st.integers(0, 10_000))
def test_a_refused_element_is_refused_wherever_it_stands(markup: str, element: str, place: int) -> None:
    ends = [index for index in range(len(markup)) if markup.startswith(("</", "/>"), index)]
    at = ends[place % len(ends)]
    inside = f"<{element}/>"
    spoilt = markup[:at] + (f">{inside}</x>" if markup[at] == "/" else inside) + markup[at:]

    assert objection_to(spoilt) is not None
