// The page's language. Each text that a reader sees is written `t("text with {name}", { name })`, in English.
//
// `globalThis.graphDuetTexts` holds another language: JupyterLab's own bundle, set by our extension, or a catalogue
// that Python writes before the module (`front_end.py`). Without it, English is shown as it is written.

/** @typedef {{gettext: (text: string) => string, ngettext: (one: string, many: string, n: number) => string}} Texts */
/** @typedef {Record<string, string[]> & {"": {language: string}}} Catalogue as JupyterLab reads it, too: text → its forms */

const FORMS = /** @type {const} */ (["zero", "one", "two", "few", "many", "other"]); // in the order of a PO file

const texts = read(/** @type {{graphDuetTexts?: Texts | Catalogue}} */ (globalThis).graphDuetTexts);

/**
 * `text` in the page's language, with each `{name}` replaced.
 * @param {string} text
 * @param {Record<string, unknown>} [values]
 */
export function t(text, values = {}) {
  return filled(texts ? texts.gettext(text) : text, values);
}

/**
 * Like `t`, in the form that the language has for `number`, which the text may name as `{number}`.
 * @param {string} one
 * @param {string} many
 * @param {number} number
 * @param {Record<string, unknown>} [values]
 */
export function tn(one, many, number, values = {}) {
  return filled(texts ? texts.ngettext(one, many, number) : number === 1 ? one : many, { number, ...values });
}

/** @param {string} text @param {Record<string, unknown>} values */
function filled(text, values) {
  return text.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole));
}

/** @param {Texts | Catalogue | undefined} given @returns {Texts | null} */
function read(given) {
  if (!given) return null;
  if (typeof given.gettext === "function") return /** @type {Texts} */ (given);
  const catalogue = /** @type {Catalogue} */ (given);
  const rules = new Intl.PluralRules(catalogue[""].language.replace("_", "-"));
  const forms = FORMS.filter((form) => rules.resolvedOptions().pluralCategories.includes(form));
  return {
    gettext: (text) => catalogue[text]?.[0] || text,
    ngettext: (one, many, n) => {
      const found = catalogue[one];
      return found?.[Math.min(forms.indexOf(rules.select(n)), found.length - 1)] || (n === 1 ? one : many);
    },
  };
}
