// On a stand-alone page there is no notebook to set the theme: a button does.

import { button } from "./dom.js";
import { t } from "./text.js";

/** @param {HTMLElement} root the element that carries the theme, first the system's */
export function themeButton(root) {
  root.dataset.theme = "auto";
  return button(
    t("change the theme"),
    "◐",
    () => {
      const system = matchMedia("(prefers-color-scheme: dark)").matches;
      const dark = root.dataset.theme === "dark" || (root.dataset.theme === "auto" && system);
      root.dataset.theme = dark ? "light" : "dark";
    },
    { class: "theme" },
  );
}
