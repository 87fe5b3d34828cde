// One open exercise: its tasks, what the last check said, and the elements at its cells that show it.

import { Dialog, showDialog } from '@jupyterlab/apputils';
import { Cell } from '@jupyterlab/cells';
import { NotebookPanel } from '@jupyterlab/notebook';
import { TranslationBundle } from '@jupyterlab/translation';
import { Signal } from '@lumino/signaling';
import { PanelLayout, Widget } from '@lumino/widgets';

import { check, IVerdicts, Problem, reset } from './api';
import { button, el, renew } from './dom';
import { verdictLines } from './verdict';

interface IMetadata {
  exercise?: string;
  kind?: string;
  task?: string;
}

/** The `duet` metadata of a notebook or a cell. */
export function duet(model: { getMetadata(key: string): unknown } | null | undefined): IMetadata {
  const found = model?.getMetadata('duet');
  return found && typeof found === 'object' ? (found as IMetadata) : {};
}

export class Exercise {
  /** What the last check said; null before the first. */
  verdicts: IVerdicts | null = null;
  /** One line that is shown in place of verdicts: at work, or what went wrong. */
  status = '';
  busy = false;
  /** How many hints of a task are open, by task. */
  readonly opened = new Map<string, number>();
  readonly changed = new Signal<this, void>(this);

  constructor(
    readonly panel: NotebookPanel,
    private readonly trans: TranslationBundle,
    private readonly checked: () => void
  ) {
    this.tend();
    panel.content.model?.cells.changed.connect(() => requestAnimationFrame(() => this.tend()));
    this.changed.connect(() => this.tend());
  }

  /** The answer cells by task, in the notebook's order. */
  tasks(): Map<string, Cell[]> {
    const found = new Map<string, Cell[]>();
    for (const cell of this.panel.content.widgets) {
      const { kind, task } = duet(cell.model);
      if (task !== undefined && (kind === 'answer' || kind === 'kernel')) {
        found.set(String(task), [...(found.get(String(task)) ?? []), cell]);
      }
    }
    return found;
  }

  /** Save, check, and show what was found. A second call while one runs does nothing. */
  async check(): Promise<void> {
    if (this.busy || this.panel.isDisposed) {
      return;
    }
    this.busy = true;
    const began = Date.now();
    const say = () => {
      this.status = this.trans.__('Checking … %1 s', Math.round((Date.now() - began) / 1000));
      this.changed.emit();
    };
    say();
    const clock = setInterval(say, 1000);
    try {
      await this.save();
      this.verdicts = await check(this.panel.context.contentsModel?.path ?? this.panel.context.path);
      this.status = '';
    } catch (error) {
      this.status = error instanceof Problem ? error.message : String(error);
    } finally {
      clearInterval(clock);
      this.busy = false;
    }
    if (!this.panel.isDisposed) {
      this.changed.emit();
      this.checked();
    }
  }

  /** Ask, save, and bring the shipped text of a task, or of the whole exercise, back. */
  async reset(task = ''): Promise<void> {
    const what = task ? this.trans.__('task %1', task) : this.trans.__('this exercise');
    const asked = await showDialog({
      title: this.trans.__('Reset %1?', what),
      body: this.trans.__('The text as it came is brought back. Yours is kept in .duet/backups.'),
      buttons: [Dialog.cancelButton(), Dialog.warnButton({ label: this.trans.__('Reset') })]
    });
    if (!asked.button.accept) {
      return;
    }
    try {
      await this.save();
      const backup = await reset(this.panel.context.path, task);
      await this.panel.context.revert();
      this.verdicts = null;
      this.status = this.trans.__('Reset. Your text is kept in %1.', backup);
    } catch (error) {
      this.status = error instanceof Problem ? error.message : String(error);
    }
    this.changed.emit();
  }

  /** Open the next hint of a task. */
  hint(task: string): void {
    this.opened.set(task, (this.opened.get(task) ?? 0) + 1);
    this.changed.emit();
  }

  /** Scroll to a task's answer and put the cursor there. */
  jump(task: string): void {
    const cell = this.tasks().get(task)?.[0];
    if (cell) {
      const { content } = this.panel;
      content.activeCellIndex = content.widgets.indexOf(cell);
      void content.scrollToItem(content.activeCellIndex, 'center');
      content.activate();
    }
  }

  private async save(): Promise<void> {
    const { context } = this.panel;
    try {
      await context.save();
    } catch (error) {
      throw new Problem(this.trans.__('The notebook could not be saved, so nothing was checked: %1', String(error)));
    }
    if (context.model.dirty) {
      throw new Problem(this.trans.__('The notebook could not be saved, so nothing was checked: is the disk full?'));
    }
  }

  /** Put, or renew, the strip below the last answer cell of each task. */
  private tend(): void {
    if (this.panel.isDisposed) {
      return;
    }
    for (const [task, cells] of this.tasks()) {
      const last = cells[cells.length - 1];
      const layout = last.layout as PanelLayout;
      let strip = layout.widgets.find(widget => widget.hasClass('gd-strip'));
      if (!strip) {
        strip = new Widget({ node: el('div', { class: 'gd-strip', role: 'group', 'aria-label': this.trans.__('task %1', task) }) });
        strip.addClass('gd-strip');
        void last.ready.then(() => this.tend()); // a cell that is not in sight yet gets its own parts later
      }
      if (layout.widgets[layout.widgets.length - 1] !== strip) {
        layout.addWidget(strip);
      }
      renew(strip.node, ...this.strip(task));
    }
  }

  private strip(task: string): Node[] {
    const found = this.verdicts?.tasks.find(each => each.id === task);
    const bar = el(
      'div',
      { class: 'gd-strip-bar' },
      button(this.busy ? this.status : this.trans.__('Check'), () => void this.check(), { title: this.trans.__('Save, run and check all tasks of this exercise') }),
      button(this.trans.__('Reset this task'), () => void this.reset(task), { class: 'gd-button gd-quiet' })
    );
    return [bar, ...(found ? verdictLines(found, this, this.trans) : [])];
  }
}
