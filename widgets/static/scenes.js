// Which scopes are open, and the scene that belongs to them: kept from before, or fetched from the kernel.

/** @typedef {import("./recording.js").Scene} Scene */

/** A name for a set of open scopes, equal here and in Python. @param {Iterable<string>} opened */
export function sceneKey(opened) {
  return [...opened].sort().join("|");
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

  /** @param {Scene} scene @param {boolean} fold */
  const enter = (scene, fold) => {
    kept.set(`${fold}:${scene.key}`, scene);
    opened = new Set(scene.opened);
    folded = fold;
    return scene;
  };

  return {
    /**
     * Open or close the scope at `path`; closing closes everything inside it too.
     * @param {string[]} path
     * @param {boolean} open
     */
    async toggle(path, open) {
      const name = path.join("/");
      const wanted = new Set([...opened].filter((other) => open || (other !== name && !other.startsWith(`${name}/`))));
      if (open) path.forEach((_, depth) => wanted.add(path.slice(0, depth + 1).join("/")));
      const scene = kept.get(`${folded}:${sceneKey(wanted)}`) ?? (await fetch([...wanted], folded));
      return scene ? enter(scene, folded) : null;
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
