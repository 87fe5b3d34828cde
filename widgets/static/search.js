// Looking things up in lists that are sorted by step. No DOM here.

/**
 * The place of the last item at or before `step`, or -1.
 * @template T
 * @param {readonly T[]} items sorted by step
 * @param {number} step
 * @param {(item: T) => number} stepOf
 */
export function lastAt(items, step, stepOf) {
  let low = 0;
  let high = items.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (stepOf(items[middle]) <= step) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/**
 * Runs of equal neighbours as [value, first, one past the last].
 * @template T
 * @param {readonly T[]} values
 * @returns {[T, number, number][]}
 */
export function runs(values) {
  /** @type {[T, number, number][]} */
  const found = [];
  for (let i = 0; i < values.length; i++) {
    const last = found[found.length - 1];
    if (last && last[0] === values[i]) last[2] = i + 1;
    else found.push([values[i], i, i + 1]);
  }
  return found;
}

/**
 * The places of the items whose text holds every word of `query`, in any case.
 * @param {readonly string[]} texts
 * @param {string} query
 */
export function matching(texts, query) {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  if (!words.length) return [];
  return texts.flatMap((text, i) => (words.every((word) => text.toLowerCase().includes(word)) ? [i] : []));
}
