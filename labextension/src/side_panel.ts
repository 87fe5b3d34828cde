// The right side bar: points so far, each task with its verdict and its hints, and the way to its cell.

import { TranslationBundle } from '@jupyterlab/translation';
import { Widget } from '@lumino/widgets';

import { button, el, renew } from './dom';
import type { Exercise } from './exercise';
import { mark, verdictLines } from './verdict';

export class SidePanel extends Widget {
  private exercise: Exercise | null = null;

  constructor(private readonly trans: TranslationBundle) {
    super({ node: el('section', { 'aria-label': trans.__('Points and hints') }) });
    this.id = 'graph-duet-points';
    this.addClass('gd-panel');
    this.title.caption = trans.__('Points and hints of the exercise');
    this.draw();
  }

  /** Follow another exercise, or none. */
  follow(exercise: Exercise | null): void {
    if (this.exercise !== exercise) {
      this.exercise?.changed.disconnect(this.draw, this);
      exercise?.changed.connect(this.draw, this);
      this.exercise = exercise;
      this.node.replaceChildren(); // equal buttons of the other exercise act on that one
    }
    this.draw();
  }

  private draw(): void {
    const { exercise, trans } = this;
    if (!exercise) {
      this.node.replaceChildren(el('p', { class: 'gd-muted' }, trans.__('Open an exercise: its points and hints will be shown here.')));
      return;
    }
    const { verdicts } = exercise;
    const total = verdicts ? trans.__('%1 of %2 points', verdicts.points, verdicts.possible + verdicts.hidden) : trans.__('Not checked yet');
    const hidden = verdicts && verdicts.hidden ? trans._n('%1 of them comes when this is graded', '%1 of them come when this is graded', verdicts.hidden, verdicts.hidden) : '';
    const allRight = verdicts !== null && verdicts.possible > 0 && verdicts.points >= verdicts.possible;
    renew(
      this.node,
      el('h2', {}, verdicts?.title ?? trans.__('Exercise')),
      el('p', { class: 'gd-total' }, el('b', {}, total), hidden && ` · ${hidden}`),
      el('p', { class: 'gd-done' }, allRight && `✓ ${trans.__('All that is checked here is right.')}`),
      button(exercise.busy ? exercise.status : trans.__('Check'), () => void exercise.check(), { class: 'gd-button gd-main' }),
      el('p', { class: 'gd-status', role: 'status' }, exercise.busy ? '' : exercise.status),
      ...(verdicts?.tasks ?? []).map(task =>
        el('section', { class: 'gd-task' },
          button(`${mark(task)} ${task.id} ${task.title}`, () => exercise.jump(task.id), { class: 'gd-link', title: trans.__('Go to task %1', task.id) }),
          ...verdictLines(task, exercise, trans))
      ),
      ...(verdicts?.notes ?? []).map(note => el('p', { class: 'gd-muted' }, note)),
      button(trans.__('Reset this exercise'), () => void exercise.reset(), { class: 'gd-button gd-quiet' })
    );
  }
}
