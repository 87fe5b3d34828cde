// The left side bar: the course as a map with ticks and points, and where to go on.

import { TranslationBundle } from '@jupyterlab/translation';
import { Widget } from '@lumino/widgets';

import { course, ICourse, IEntry, Problem } from './api';
import { button, el } from './dom';

export class CoursePanel extends Widget {
  private known: ICourse | null = null;

  constructor(
    private readonly trans: TranslationBundle,
    private readonly open: (path: string) => void
  ) {
    super({ node: el('section', { 'aria-label': trans.__('Course') }) });
    this.id = 'graph-duet-course';
    this.addClass('gd-panel');
    this.title.caption = trans.__('Graph Duet: the course');
  }

  protected onAfterShow(): void {
    void this.refresh();
  }

  /** The course as it was last heard of; empty where the server does not answer. */
  async entries(): Promise<IEntry[]> {
    if (!this.known) {
      await this.refresh();
    }
    return this.known?.entries ?? [];
  }

  /** Ask the server again and draw. */
  async refresh(): Promise<void> {
    try {
      this.known = await course();
      this.draw(this.known);
    } catch (error) {
      const said = error instanceof Problem ? error.message : String(error);
      this.node.replaceChildren(el('p', { class: 'gd-status', role: 'alert' }, said));
    }
  }

  private draw(found: ICourse): void {
    const { trans } = this;
    const next = found.entries.find(entry => entry.part.id === found.next);
    const begun = found.entries.some(entry => entry.tries > 0);
    this.node.replaceChildren(
      el('h2', {}, trans.__('Graph Duet')),
      next
        ? el('p', {}, begun ? trans.__('Go on with') : trans.__('Start here'), ' ',
            button(`${next.part.id} ${next.part.title}`, () => this.open(begun ? next.part.exercise : next.part.lesson || next.part.exercise), { class: 'gd-button gd-main' }))
        : el('p', {}, trans.__('All done.')),
      el('ol', { class: 'gd-course' }, ...found.entries.map(entry => this.entry(entry, entry === next)))
    );
  }

  private entry(entry: IEntry, next: boolean): Node {
    const { part } = entry;
    const { trans } = this;
    const state = entry.done ? '✓' : entry.tries ? '◐' : '○';
    const points = part.possible ? trans.__('%1 of %2', entry.points, part.possible) : '';
    const later = entry.done && entry.points < part.possible ? trans.__('the rest when graded') : '';
    const link = (label: string, path: string) =>
      path && button(label, () => this.open(path), { class: 'gd-link', 'aria-label': `${part.id} ${label}` });
    return el('li', next ? { 'aria-current': 'step' } : {},
      el('p', { class: 'gd-part' }, el('span', { 'aria-label': entry.done ? trans.__('done') : entry.tries ? trans.__('begun') : trans.__('not begun') }, state),
        ` ${part.id} ${part.title}`),
      el('p', { class: 'gd-muted' }, link(trans.__('lesson'), part.lesson), ' ', link(part.lesson ? trans.__('exercise') : trans.__('lab'), part.exercise),
        ` · ${trans.__('%1 min', part.minutes)}`, points && ` · ${points}`, later && ` · ${later}`),
      entry.newer.length > 0 && el('p', { class: 'gd-muted' }, trans.__('There is a newer version; yours has changes. Reset it to have the new one.'))
    );
  }
}
