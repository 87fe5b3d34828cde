// KernelView in a notebook (anywidget), and on a stand-alone page.

import { settle } from "./dom.js";
import { KernelView } from "./kernel_view.js";
import { themeButton } from "./theme_button.js";

/** @param {HTMLElement} root @param {any} data @param {boolean} [alone] the page holds nothing else */
export function page(root, data, alone = true) {
  settle(root);
  root.classList.toggle("alone", alone);
  const view = new KernelView(data, () => {});
  root.append(view.root);
  if (alone) view.root.querySelector(".head")?.append(themeButton(root));
  return view;
}

/** @param {{model: any, el: HTMLElement}} context */
function render({ model, el: root }) {
  settle(root);
  const view = new KernelView(model.get("_data"), (frame) => {
    if (frame === model.get("frame")) return;
    model.set("frame", frame);
    try {
      model.save_changes();
    } catch {
      // The kernel is gone: the view goes on by itself.
    }
  });
  root.append(view.root);
  const moved = () => model.get("frame") !== view.frame && view.playback.go(model.get("frame"));
  model.on("change:frame", moved);
  return () => {
    view.destroy();
    model.off("change:frame", moved);
  };
}

export default { render };
