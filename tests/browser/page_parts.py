"""What several tests of pages press, read and measure."""

from __future__ import annotations


def press(page, key: str, times: int = 1) -> None:
    page.locator(".shell").focus()
    for _ in range(times):
        page.keyboard.press(key)


def state(page) -> str:
    return page.locator(".side-head .state").inner_text()


def box(page, title: str):
    return page.locator(".box").filter(has=page.locator(f'text.title:text-is("{title}")')).first


# How many of the boxes that a selector names do not lie in the panel as a whole.
OUT_OF_SIGHT = """(boxes) => [...document.querySelectorAll(boxes)].filter((box) => {
    const [b, c] = [box, box.closest(".canvas")].map((e) => e.getBoundingClientRect());
    return b.left < c.left - 1 || b.top < c.top - 1 || b.right > c.right + 1 || b.bottom > c.bottom + 1;
}).length"""
