// TraceCache in a notebook: the history comes from Python, what is typed goes to it.

import { settle } from "./dom.js";
import { t } from "./text.js";
import { themeButton } from "./theme_button.js";
import { TraceCacheView } from "./trace_cache.js";

/**
 * The history, and nobody to ask.
 * @param {HTMLElement} root @param {any} data @param {boolean} [alone] the page holds nothing else
 */
export function page(root, data, alone = true) {
  settle(root);
  const view = new TraceCacheView(data.history, null);
  root.append(view.root);
  if (alone) view.root.querySelector(".head")?.append(themeButton(root));
  return view;
}

/** @param {{model: any, el: HTMLElement}} context */
function render({ model, el: root }) {
  settle(root);
  const ask = (/** @type {string} */ verb, /** @type {string} */ text) => {
    try {
      model.send({ verb, arguments: text });
    } catch {
      view.reply({ arguments: text, entry: null, words: "", error: t("The kernel has ended: run the cell again.") });
    }
  };
  const view = new TraceCacheView(model.get("_history"), ask);
  const changed = () => view.show(model.get("_history"));
  const answered = () => view.reply(model.get("_answer"));
  model.on("change:_history", changed);
  model.on("change:_answer", answered);
  root.append(view.root);
  return () => {
    model.off("change:_history", changed);
    model.off("change:_answer", answered);
  };
}

export default { render };
