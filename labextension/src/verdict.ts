// A task's verdict: at the task itself, and in the side panel.

import { TranslationBundle } from '@jupyterlab/translation';

import { ITask } from './api';
import { button, el, worded } from './dom';
import type { Exercise } from './exercise';

const MARKS: Record<string, string> = { right: '✓', written: '✎', empty: '○', missing: '○' };

/** A sign that does not rely on colour alone. */
export function mark(task: ITask): string {
  return MARKS[task.state] ?? '✗';
}

export function points(task: ITask, trans: TranslationBundle): string {
  return task.possible ? trans.__('%1 of %2 points', task.points, task.possible) : '';
}

export function verdictLines(task: ITask, exercise: Exercise, trans: TranslationBundle): Node[] {
  const head = task.state === 'right' ? trans.__('right') : '';
  const open = exercise.opened.get(task.id) ?? 0;
  const [first = head, ...rest] = task.said.flatMap(text => text.split('\n'));
  const said = rest.map(line => el('p', { class: 'gd-said' }, line));
  const hints = task.hints.slice(0, open).map((hint, i) => el('p', { class: 'gd-hint' }, `${trans.__('Hint %1', i + 1)}: `, ...worded(hint)));
  const more = open < task.hints.length && button(trans.__('Show hint %1 of %2', open + 1, task.hints.length), () => exercise.hint(task.id));
  return [
    el('div', { class: `gd-verdict gd-${kind(task)}`, role: 'status' },
      el('p', { class: 'gd-verdict-head' }, el('b', {}, mark(task)), ` ${first} `, el('span', { class: 'gd-muted' }, points(task, trans))), ...said),
    ...hints,
    ...(more ? [more] : [])
  ];
}

/** "right", "open" or "wrong": what colours a verdict. */
export function kind(task: ITask): string {
  return task.state === 'right' ? 'right' : task.state in MARKS ? 'open' : 'wrong';
}
