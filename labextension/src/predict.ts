// Predict before you see: saved outputs below an unanswered prediction stay hidden until it is written, or asked for.

import { CodeCell } from '@jupyterlab/cells';
import { NotebookPanel } from '@jupyterlab/notebook';
import { TranslationBundle } from '@jupyterlab/translation';
import { PanelLayout, Widget } from '@lumino/widgets';

import { button, el } from './dom';

const HEADING = /^#+\s*Predict\b/m;

/**
 * Hide what a lesson's saved outputs would give away, as long as the guess is the `shipped` one.
 */
export function predictFirst(panel: NotebookPanel, shipped: string, trans: TranslationBundle): void {
  const cells = panel.content.widgets;
  const at = cells.findIndex(cell => cell.model.type === 'markdown' && HEADING.test(cell.model.sharedModel.getSource()));
  const guess = cells.slice(at + 1).find((cell): cell is CodeCell => cell instanceof CodeCell);
  if (at < 0 || !guess || guess.model.sharedModel.getSource() !== shipped) {
    return;
  }
  const hidden = cells.slice(cells.indexOf(guess) + 1)
    .filter((cell): cell is CodeCell => cell instanceof CodeCell && cell.model.outputs.length > 0);
  for (const cell of hidden) {
    cell.addClass('gd-unseen');
  }
  const bar = new Widget({ node: el('div', { class: 'gd-strip', role: 'status' }) });
  const show = () => {
    guess.model.contentChanged.disconnect(answered);
    for (const cell of hidden) {
      cell.removeClass('gd-unseen');
    }
    bar.dispose();
  };
  const answered = () => {
    if (guess.model.sharedModel.getSource() !== shipped) {
      show();
    }
  };
  bar.node.append(
    trans.__('Write your guess first. What is below has been run, and is hidden until then.'), ' ',
    button(trans.__('Show'), show)
  );
  void guess.ready.then(() => !bar.isDisposed && (guess.layout as PanelLayout).addWidget(bar));
  guess.model.contentChanged.connect(answered);
  guess.model.stateChanged.connect((_, change) => change.name === 'executionCount' && !bar.isDisposed && show());
}
