// The words that Python's data holds as names, for a reader: what a box is, in which memory an array is, which engine ran.

import { t } from "./text.js";

/** @type {Record<string, string>} */
const WORDS = {
  input: t("input"),
  parameter: t("parameter"),
  variable: t("variable"),
  constant: t("constant"),
  op: t("op"),
  branch: t("branch"),
  output: t("output"),
  autograd: t("autograd"),
  scope: t("scope"),
  leaf: t("leaf"),
  global: t("global"),
  shared: t("shared"),
  local: t("local"),
  serial: t("serial"),
  "lock-step": t("lock-step"),
};

/** @param {string} name */
export function word(name) {
  return WORDS[name] ?? name;
}
