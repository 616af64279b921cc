"""What the page weighs, how soon it can be used, and what it never does."""

from __future__ import annotations

from playwright.sync_api import Browser, Page, expect

from tests.browser.console import Console
from tests.served import Api

_MOST_BYTES = 200_000

# Of everything that came from the server until now: names, and bytes as they went over the wire.
_FETCHED = """[...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')]
    .map((one) => [new URL(one.name).pathname, one.transferSize])"""

_TRY_TO_BREAK_IN = """async () => {
    const seen = [];
    addEventListener('securitypolicyviolation', (event) => seen.push(event.effectiveDirective));
    const script = document.createElement('script');
    try { script.textContent = 'window.ran = true'; } catch { /* refused */ }
    document.head.append(script);
    const image = new Image();
    image.src = 'http://example.invalid/pixel.png';
    await new Promise((resolve) => { image.onerror = resolve; });
    return { seen, ran: window.ran === true };
}"""


def _interactive_ms(page: Page) -> float:
    """From the request for the page until its main button can be pressed."""
    page.locator(".page-head .button.primary").wait_for()
    now: float = page.evaluate("performance.now()")
    return now


def test_the_page_weighs_less_than_200_kb(console: Console) -> None:
    console.visit("persona")
    interactive_ms = _interactive_ms(console.page)
    console.visit("agents")
    expect(console.page.get_by_role("heading", name="Agents")).to_be_visible()

    fetched = [(name, size) for name, size in console.page.evaluate(_FETCHED) if name.startswith("/console/")]
    weight = sum(size for _, size in fetched)

    again = _interactive_ms_of_a_reload(console.page)
    print(f"{len(fetched)} files, {weight:,} bytes compressed with their headers;")
    print(f"interactive after {interactive_ms:.0f} ms, after a reload {again:.0f} ms")
    assert {"/console/", "/console/main.js", "/console/views/agent.js"} <= {name for name, _ in fetched}
    assert min(size for _, size in fetched) > 0, "a file came from nowhere: the browser had it already"
    assert weight < _MOST_BYTES


def _interactive_ms_of_a_reload(page: Page) -> float:
    page.evaluate("location.hash = '#/persona'")
    page.reload()
    return _interactive_ms(page)


def test_the_policy_refuses_scripts_and_images_of_others(browser: Browser, api: Api) -> None:
    # A profile that nobody listens to: elsewhere these would be mistakes of the console.
    with browser.new_context() as profile:
        page = profile.new_page()
        page.goto(f"http://127.0.0.1:{api.port}/console/")
        refused = page.evaluate(_TRY_TO_BREAK_IN)

    assert refused["ran"] is False
    assert {"img-src", "require-trusted-types-for"} <= set(refused["seen"])
