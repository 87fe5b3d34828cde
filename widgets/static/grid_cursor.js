// A grid of squares that answers the mouse and, with the up and down keys, the keyboard alike.

/**
 * @param {SVGSVGElement} grid
 * @param {Element[]} squares
 * @param {(square: number | null) => void} point called with the square pointed at, null when none is
 */
export function gridCursor(grid, squares, point) {
  let cursor = -1;
  squares.forEach((square, i) => square.addEventListener("mouseenter", () => point(i)));
  grid.addEventListener("mouseleave", () => point(null));
  grid.addEventListener("blur", () => point(null));
  grid.addEventListener("keydown", (event) => {
    const move = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (move === undefined) return;
    cursor = Math.min(Math.max(cursor + move, 0), squares.length - 1);
    point(cursor);
    event.preventDefault();
    event.stopPropagation();
  });
}
