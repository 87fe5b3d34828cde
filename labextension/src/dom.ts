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

/** The parts of a text, with what stands between backquotes as code. */
export function worded(text: string): Child[] {
  return text.split('`').map((part, i) => (i % 2 ? el('code', {}, part) : part));
}
