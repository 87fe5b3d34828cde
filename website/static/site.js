// Brings the widgets of a page to life: the front end is fetched once, and each widget when it comes into view.

const here = new URL(".", import.meta.url);
const html = document.documentElement;

/** @param {string} packed @returns {Promise<any>} */
async function unpacked(packed) {
  const bytes = Uint8Array.from(atob(packed), (letter) => letter.charCodeAt(0));
  return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"))).json();
}

/**
 * Put the widget in the place of its picture. The picture stays where the front end cannot read what was saved.
 * @param {HTMLElement} view
 */
async function draw(view) {
  const { entry, view: packed } = view.dataset;
  const root = document.createElement("div");
  root.dataset.theme = html.dataset.theme ?? "auto";
  let shell;
  try {
    const [{ page }, data] = await Promise.all([import(new URL(`front-end/${entry}`, here).href), unpacked(packed ?? "")]);
    shell = page(root, data, false);
  } catch (error) {
    const note = document.createElement("p");
    note.className = "undrawn";
    note.setAttribute("role", "status");
    note.textContent = "This picture was saved by another version of Graph Duet: run the cell again to step it.";
    view.append(note);
    console.error(error);
    return;
  }
  view.replaceChildren(root);
  view.dispatchEvent(new CustomEvent("drawn", { bubbles: true }));
  if (view.closest(".tag_plays") && !matchMedia("(prefers-reduced-motion: reduce)").matches) shell.playback.toggle();
}

const seen = new IntersectionObserver(
  (entries) => {
    for (const { target, isIntersecting } of entries) {
      if (!isIntersecting) continue;
      seen.unobserve(target);
      draw(/** @type {HTMLElement} */ (target));
    }
  },
  { rootMargin: "600px" },
);
for (const view of document.querySelectorAll(".duet-view")) seen.observe(view);

// The page's own switch between light and dark is the widgets' too.
new MutationObserver(() => {
  for (const root of document.querySelectorAll(".duet-view > [data-theme]")) {
    /** @type {HTMLElement} */ (root).dataset.theme = html.dataset.theme ?? "auto";
  }
}).observe(html, { attributeFilter: ["data-theme"] });
