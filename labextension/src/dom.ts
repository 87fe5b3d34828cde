// Elements in few words. Text always becomes text nodes, so nothing of a learner's program is read as HTML.

type Child = Node | string | null | undefined | false;

export function el<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Record<string, string>,
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    node.setAttribute(name, value);
  }
  node.append(...children.filter((child): child is Node | string => Boolean(child)));
  return node;
}

export function button(label: string, press: () => void, attributes: Record<string, string> = {}): HTMLButtonElement {
  const node = el('button', { type: 'button', class: 'gd-button', ...attributes }, label);
  node.addEventListener('click', press);
  return node;
}

/** Bring the children of a node up to date. One that would look the same stays, and the keyboard keeps its place:
 * a button that is replaced between press and release is never clicked. */
export function renew(node: Element, ...children: Child[]): void {
  const wanted = Array.from(el('div', {}, ...children).childNodes);
  wanted.forEach((child, i) => {
    const old = node.childNodes[i];
    if (!old) {
      node.append(child);
    } else if (!old.isEqualNode(child)) {
      const place = buttons(old).indexOf(document.activeElement as HTMLButtonElement);
      old.replaceWith(child);
      buttons(child)[place]?.focus();
    }
  });
  while (node.childNodes.length > wanted.length) {
    node.lastChild?.remove();
  }
}

function buttons(node: Node): HTMLButtonElement[] {
  return node instanceof HTMLButtonElement ? [node] : node instanceof Element ? Array.from(node.querySelectorAll('button')) : [];
}

/** The parts of a text, with what is between backquotes as code. */
export function worded(text: string): Child[] {
  return text.split('`').map((part, i) => (i % 2 ? el('code', {}, part) : part));
}
