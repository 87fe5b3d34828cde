// Which scopes are open, and the scene that belongs to them: kept from before, or fetched from the kernel.

import { t } from "./text.js";

/** @typedef {import("./recording.js").Scene} Scene */

/** A name for a set of open scopes, equal here and in Python. @param {Iterable<string>} opened */
export function sceneKey(opened) {
  return [...opened].sort().join("|");
}

/**
 * What a click on a scope led to. Where it does not fit into a picture, `fits` is false and nothing changes; `closed`
 * are the frames that closed to make room for it.
 * @typedef {{scene: Scene, fits: boolean, closed: import("./recording.js").Frame[]}} Toggled
 */

/** What to say of a click on the scope called `name`. @param {string} name @param {Toggled | null} found */
export function toggledWords(name, found) {
  if (!found) return t("Opening {path} needs a running kernel: run the cell again.", { path: name });
  if (!found.fits) return t("{path} has too many boxes or arrows for one picture. Record a smaller piece to see inside it.", { path: name });
  if (!found.closed.length) return "";
  return t("Closed to make room for {path}: {frames}.", { path: name, frames: found.closed.map((frame) => frame.label).join(", ") });
}

/**
 * @param {Scene} first
 * @param {(opened: string[] | null, fold: boolean) => Promise<Scene | null>} fetch
 */
export function scenesFor(first, fetch) {
  const start = { false: first.key, true: "" };
  const kept = new Map([[`false:${first.key}`, first]]);
  let folded = false;
  let opened = new Set(first.opened);
  let shown = first;

  /** @param {Scene} scene @param {boolean} fold */
  const enter = (scene, fold) => {
    kept.set(`${fold}:${scene.key}`, scene);
    opened = new Set(scene.opened);
    shown = scene;
    folded = fold;
    return scene;
  };

  return {
    /**
     * Open or close the scope at `path`; closing closes everything inside it too.
     * @param {string[]} path
     * @param {boolean} open
     * @returns {Promise<Toggled | null>} null where there is no kernel to ask
     */
    async toggle(path, open) {
      const name = path.join("/");
      const wanted = new Set([...opened].filter((other) => open || (other !== name && !other.startsWith(`${name}/`))));
      if (open) path.forEach((_, depth) => wanted.add(path.slice(0, depth + 1).join("/")));
      const scene = kept.get(`${folded}:${sceneKey(wanted)}`) ?? (await fetch([...wanted], folded));
      if (!scene) return null;
      if (open && !scene.opened.includes(name)) return { scene: shown, fits: false, closed: [] };
      const closed = shown.frames.filter((frame) => wanted.has(frame.path.join("/")) && !scene.opened.includes(frame.path.join("/")));
      return { scene: enter(scene, folded), fits: true, closed };
    },
    /** Fold repeated blocks, or unfold them. @param {boolean} fold */
    async refold(fold) {
      const scene = (fold ? kept.get(start.true) : kept.get(`false:${start.false}`)) ?? (await fetch(null, fold));
      if (!scene) return null;
      if (fold) start.true = `true:${scene.key}`;
      return enter(scene, fold);
    },
  };
}
