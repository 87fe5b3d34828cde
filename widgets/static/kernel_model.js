import hardware from "../../gpu_labs/executor/hardware.json" with { type: "json" };
import { t, tn } from "./text.js";

/**
 * What a kernel launch looks like after a frame: pure functions over the data of `widgets/kernel_data.py`.
 *
 * @typedef {{run?: [number, number, number], list?: number[]}} Packed
 * @typedef {{array: number, kind: "read"|"write"|"atomic", line: number, block: number, epoch: number,
 *            threads: Packed, indices: Packed, values?: string[]}} Access `values`: of the elements, afterwards
 * @typedef {{line: number, accesses: Access[]}} Frame
 * @typedef {{name: string, space: string, dtype: string, shape: number[], itemBytes: number, before?: string[]}} ArrayInfo
 * @typedef {{kind: string, sentence: string, hint: string, line: number, text: string, array: string,
 *            severity: string, card: number|null, otherCard: number|null, thread: number[]|null,
 *            other_thread: number[]|null, index: number[]|null, block: number[]|null}} Finding
 * @typedef {{kernel: string, firstLine: number, source: string[], counts: Record<string, number>,
 *            grid: number[], block: number[], threads: number, blocks: number[][], blocksLeftOut: number,
 *            accessesLeftOut: number, arrays: ArrayInfo[], frames: Frame[], nothing: string, findings: Finding[],
 *            atFault?: {card: number, threads: Packed}[], profile: any, engine: string, level: string, printed: string, notes: string[]}} Launch
 * @typedef {"reading"|"writing"|"between"|"waiting"|"done"} ThreadState
 */

/** Threads of a warp. */
export const WARP = hardware.warp;

/** @param {Packed} packed @returns {number[]} */
export function unpacked(packed) {
  if (packed.list) return packed.list;
  const [first, stride, count] = packed.run ?? [0, 0, 0];
  return Array.from({ length: count }, (_, i) => first + stride * i);
}

/**
 * Runs of frames in one barrier epoch, for the timeline. Blocks pass barriers by themselves; a frame belongs to
 * the latest epoch among its accesses.
 * @param {Launch} launch
 * @returns {{epoch: number, start: number, stop: number}[]}
 */
export function epochs(launch) {
  /** @type {{epoch: number, start: number, stop: number}[]} */
  const runs = [];
  launch.frames.forEach((frame, i) => {
    const epoch = Math.max(...frame.accesses.map((access) => access.epoch));
    const last = runs[runs.length - 1];
    if (last && last.epoch === epoch) last.stop = i + 1;
    else runs.push({ epoch, start: i, stop: i + 1 });
  });
  return runs;
}

/**
 * The epoch that each block is in after `frame`: that of its latest access.
 * @param {Launch} launch @param {number} frame @returns {number[]}
 */
export function epochOfBlocks(launch, frame) {
  const found = launch.blocks.map(() => 0);
  for (const { accesses } of launch.frames.slice(0, frame + 1)) {
    for (const access of accesses) found[access.block] = access.epoch;
  }
  return found;
}

/**
 * State of every thread of every shown block after `frame`: reading or writing in it; between two accesses;
 * waiting, when it has no more access in its block's epoch but has some after the barrier; done, when it has none.
 * @param {Launch} launch @param {number} frame @returns {ThreadState[][]}
 */
export function threadStates(launch, frame) {
  const now = epochOfBlocks(launch, frame);
  /** @type {ThreadState[][]} */
  const states = launch.blocks.map(() => Array(launch.threads).fill("done"));
  for (let i = launch.frames.length - 1; i > frame; i--) {
    for (const access of launch.frames[i].accesses) {
      const state = access.epoch > now[access.block] ? "waiting" : "between";
      for (const thread of unpacked(access.threads)) states[access.block][thread] = state;
    }
  }
  for (const access of launch.frames[frame]?.accesses ?? []) {
    const state = access.kind === "read" ? "reading" : "writing";
    for (const thread of unpacked(access.threads)) states[access.block][thread] = state;
  }
  return states;
}

/**
 * Reads and writes per element of array `array` in the current epoch of each block, up to `frame`. A shared
 * array is one block's own: give its `block`; null adds up all blocks.
 * @param {Launch} launch @param {number} frame @param {number} array @param {number|null} block
 * @returns {Map<number, {reads: number, writes: number}>}
 */
export function touched(launch, frame, array, block = null) {
  const now = epochOfBlocks(launch, frame);
  /** @type {Map<number, {reads: number, writes: number}>} */
  const cells = new Map();
  for (const { accesses } of launch.frames.slice(0, frame + 1)) {
    for (const access of accesses) {
      if (access.array !== array || access.epoch !== now[access.block]) continue;
      if (block !== null && access.block !== block) continue;
      for (const index of unpacked(access.indices)) {
        const cell = cells.get(index) ?? { reads: 0, writes: 0 };
        if (access.kind !== "write") cell.reads += 1;
        if (access.kind !== "read") cell.writes += 1;
        cells.set(index, cell);
      }
    }
  }
  return cells;
}

/**
 * What the elements of array `array` hold after `frame`, as far as the recording knows: what they held at first,
 * then what each access left there. Give the `block` of a shared array.
 * @param {Launch} launch @param {number} frame @param {number} array @param {number|null} block
 * @returns {Map<number, string>}
 */
export function valuesAt(launch, frame, array, block = null) {
  /** @type {Map<number, string>} */
  const found = new Map((launch.arrays[array].before ?? []).map((value, index) => [index, value]));
  for (const { accesses } of launch.frames.slice(0, frame + 1)) {
    for (const access of accesses) {
      if (access.array !== array || (block !== null && access.block !== block) || !access.values?.length) continue;
      const values = access.values;
      unpacked(access.indices).forEach((index, lane) => found.set(index, values[lane]));
    }
  }
  return found;
}

/** Whether values of an array were kept. @param {Launch} launch @param {number} array */
export function hasValues(launch, array) {
  const kept = (/** @type {Access} */ access) => access.array === array && Boolean(access.values?.length);
  return Boolean(launch.arrays[array].before?.length) || launch.frames.some(({ accesses }) => accesses.some(kept));
}

/**
 * The threads of each shown block that findings are about, by number.
 * @param {Launch} launch @returns {Set<number>[]}
 */
export function threadsAtFault(launch) {
  const [bx, by] = launch.block;
  const found = launch.blocks.map(() => /** @type {Set<number>} */ (new Set()));
  const add = (/** @type {number | null} */ card, /** @type {number[] | null} */ at) => {
    if (card !== null && at !== null) found[card].add(at[0] + bx * (at[1] + by * at[2]));
  };
  for (const each of launch.findings) {
    add(each.card, each.thread);
    add(each.otherCard, each.other_thread);
  }
  for (const { card, threads } of launch.atFault ?? []) {
    for (const thread of unpacked(threads)) found[card].add(thread);
  }
  return found;
}

/**
 * Who touched element `index` of `array` up to `frame`, newest first.
 * @param {Launch} launch @param {number} frame @param {number} array @param {number} index @param {number|null} block
 * @returns {{block: number, thread: number, kind: string, line: number, frame: number}[]}
 */
export function toucher(launch, frame, array, index, block = null) {
  /** @type {{block: number, thread: number, kind: string, line: number, frame: number}[]} */
  const found = [];
  for (let i = Math.min(frame, launch.frames.length - 1); i >= 0; i--) {
    for (const access of launch.frames[i].accesses) {
      if (access.array !== array || (block !== null && access.block !== block)) continue;
      const threads = unpacked(access.threads);
      unpacked(access.indices).forEach((each, lane) => {
        if (each === index) {
          found.push({ block: access.block, thread: threads[lane], kind: access.kind, line: access.line, frame: i });
        }
      });
    }
  }
  return found;
}

/**
 * The elements that a thread touches in `frame`.
 * @param {Launch} launch @param {number} frame @param {number} block @param {number} thread
 * @returns {{array: number, index: number, kind: string}[]}
 */
export function touches(launch, frame, block, thread) {
  /** @type {{array: number, index: number, kind: string}[]} */
  const found = [];
  for (const access of launch.frames[frame]?.accesses ?? []) {
    if (access.block !== block) continue;
    const indices = unpacked(access.indices);
    unpacked(access.threads).forEach((each, lane) => {
      if (each === thread) found.push({ array: access.array, index: indices[lane], kind: access.kind });
    });
  }
  return found;
}

/**
 * A warp's request: the 32-byte sectors of global memory that it moves, or the passes over the 32 banks of shared
 * memory that it takes (lanes that read one word share a pass), and how few would do. Elements of eight bytes and
 * more take a pass or more for each half of the warp. Where threads ran one after another, a thread has several
 * turns of a loop in one access; its first is the request.
 * @param {Access} access @param {ArrayInfo} array @param {number} warp
 * @returns {{lanes: number, sectors: number, ideal: number, passes: number, fewest: number}}
 */
export function request(access, array, warp) {
  const indices = unpacked(access.indices);
  const mine = unpacked(access.threads)
    .map((thread, lane) => ({ thread, index: indices[lane] }))
    .filter(({ thread }, i, all) => Math.floor(thread / WARP) === warp && all[i - 1]?.thread !== thread);
  const bytes = array.itemBytes;
  const sectors = new Set(mine.flatMap(({ index }) => steps(index * bytes, bytes, hardware.sectorBytes)));
  const half = bytes >= 8 ? WARP / 2 : WARP;
  const parts = [0, half].map((first) => mine.filter(({ thread }) => Math.floor((thread % WARP) / half) * half === first));
  const banks = parts.slice(0, WARP / half).map((part) => bankPasses(part.map(({ index }) => index), bytes));
  const distinct = new Set(mine.map(({ index }) => index)).size;
  return {
    lanes: mine.length,
    sectors: sectors.size,
    ideal: Math.ceil((distinct * bytes) / hardware.sectorBytes),
    passes: banks.reduce((sum, { passes }) => sum + passes, 0),
    fewest: banks.reduce((sum, { fewest }) => sum + fewest, 0),
  };
}

/** The numbers of the stretches of `size` bytes that `bytes` bytes from `start` lie in. @param {number} start @param {number} bytes @param {number} size */
function steps(start, bytes, size) {
  const first = Math.floor(start / size);
  return Array.from({ length: Math.floor((start + bytes - 1) / size) - first + 1 }, (_, i) => first + i);
}

/** @param {number[]} indices @param {number} bytes */
function bankPasses(indices, bytes) {
  const words = new Set(indices.flatMap((index) => steps(index * bytes, bytes, hardware.bankBytes)));
  const banks = new Array(hardware.banks).fill(0);
  for (const word of words) banks[((word % hardware.banks) + hardware.banks) % hardware.banks]++;
  return { passes: Math.max(...banks), fewest: Math.ceil(words.size / hardware.banks) };
}

/**
 * A thread's number in its block as (x, y, z) words: "thread 5" or "thread (1, 2)".
 * @param {Launch} launch @param {number} thread @returns {string}
 */
export function threadName(launch, thread) {
  const [bx, by, bz] = launch.block;
  if (by * bz === 1) return t("thread {thread}", { thread });
  const x = thread % bx;
  const y = Math.floor(thread / bx) % by;
  const z = Math.floor(thread / (bx * by));
  return bz === 1 ? t("thread ({x}, {y})", { x, y }) : t("thread ({x}, {y}, {z})", { x, y, z });
}

/**
 * An element's place in an array: `x[3]`, `tile[1, 2]`.
 * @param {ArrayInfo} array @param {number} index @returns {string}
 */
export function cellName(array, index) {
  const at = [];
  let rest = index;
  for (const size of [...array.shape].reverse()) {
    at.unshift(rest % size);
    rest = Math.floor(rest / size);
  }
  return `${array.name}[${array.shape.length > 1 ? at.join(", ") : index}]`;
}

/** What an access does to an element. @type {Record<string, string>} */
export const ACCESSES = { read: t("read"), write: t("write"), atomic: t("atomic") };

/** @type {Record<string, (threads: number, name: string) => string>} */
const DOING = {
  read: (threads, name) => tn("{number} thread reads {name}", "{number} threads read {name}", threads, { name }),
  write: (threads, name) => tn("{number} thread writes {name}", "{number} threads write {name}", threads, { name }),
  atomic: (threads, name) =>
    tn("{number} thread updates atomically {name}", "{number} threads update atomically {name}", threads, { name }),
};

/**
 * A frame in one sentence, for the status line and for screen readers.
 * @param {Launch} launch @param {number} frame @returns {string}
 */
export function sentence(launch, frame) {
  const here = launch.frames[frame];
  if (!here) return t("Nothing was recorded.");
  /** @type {Map<string, {kind: string, name: string, count: number, threads: Set<string>}>} */
  const parts = new Map();
  for (const access of here.accesses) {
    const name = launch.arrays[access.array].name;
    const key = `${access.kind} ${name}`;
    const part = parts.get(key) ?? { kind: access.kind, name, count: 0, threads: new Set() };
    for (const thread of unpacked(access.threads)) part.threads.add(`${access.block} ${thread}`);
    parts.set(key, { ...part, count: part.count + unpacked(access.threads).length });
  }
  const text = [...parts.values()]
    .map(({ kind, name, count, threads }) => {
      const often = count > threads.size ? t(", {count} times in all", { count }) : "";
      return DOING[kind](threads.size, name) + often;
    })
    .join(", ");
  return t("Line {line}: {text}", { line: here.line, text });
}
