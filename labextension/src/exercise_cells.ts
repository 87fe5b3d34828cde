// The cells of an exercise before they are answered: Run All goes on past them, and outputs that came with the
// exercise are labelled.

import { CodeCell, ICellModel } from '@jupyterlab/cells';
import { NotebookPanel } from '@jupyterlab/notebook';
import { TranslationBundle } from '@jupyterlab/translation';

import { el } from './dom';
import { duet } from './exercise';

const MAY_RAISE = 'raises-exception';
const JUDGED = ['answer', 'kernel', 'check', 'measure', 'look'];

/** Tend the code cells that are there now, and those that come. */
export function tendCells(panel: NotebookPanel, trans: TranslationBundle): void {
  const tend = () => {
    for (const cell of panel.content.widgets) {
      if (cell instanceof CodeCell && JUDGED.includes(duet(cell.model).kind ?? '')) {
        letRunAllGoOn(cell.model);
        labelExpected(cell, trans);
      }
    }
  };
  tend();
  panel.content.model?.cells.changed.connect(() => requestAnimationFrame(tend));
}

/**
 * Let the cells below run when this one raises, as a task that is not answered yet does. What runs a cell reads the
 * tag from `model.metadata`; saving reads the shared model, so the learner's file does not change.
 */
function letRunAllGoOn(model: ICellModel): void {
  if (Object.hasOwn(model, 'metadata')) {
    return;
  }
  Object.defineProperty(model, 'metadata', {
    configurable: true,
    get: () => {
      const own = model.sharedModel.getMetadata();
      const tags = Array.isArray(own.tags) ? own.tags : [];
      return { ...own, tags: [...tags, MAY_RAISE] };
    }
  });
}

/**
 * Say of an output that came with the exercise that it is what should be printed. It has number 1, which no run of
 * the learner's gives a check: the imports come first.
 */
function labelExpected(cell: CodeCell, trans: TranslationBundle): void {
  if (!['check', 'measure'].includes(duet(cell.model).kind ?? '') || cell.hasClass('gd-tended')) {
    return;
  }
  cell.addClass('gd-tended');
  const label = () => {
    if (cell.isDisposed) {
      return;
    }
    const shipped = cell.model.executionCount === 1 && cell.model.outputs.length > 0;
    cell.toggleClass('gd-expected', shipped);
    const shown = cell.node.querySelector('.gd-expected-label');
    if (shipped && !shown) {
      const text = trans.__('Expected output; run the cell to see yours');
      cell.outputArea.node.before(el('p', { class: 'gd-expected-label' }, text));
    } else if (!shipped) {
      shown?.remove();
    }
  };
  void cell.ready.then(label);
  cell.model.stateChanged.connect(label);
  cell.model.outputs.changed.connect(label);
}
