// A page without a notebook has a button that changes the theme.

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
