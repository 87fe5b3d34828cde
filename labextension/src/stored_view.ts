// A widget's output without its kernel: drawn, and stepped, from what the output itself holds.

import { URLExt } from '@jupyterlab/coreutils';
import { INotebookTracker, NotebookPanel } from '@jupyterlab/notebook';
import { IRenderMime } from '@jupyterlab/rendermime-interfaces';
import { ServerConnection } from '@jupyterlab/services';
import { TranslationBundle } from '@jupyterlab/translation';
import { PanelLayout, Widget } from '@lumino/widgets';

import appearance from '../../graphviz_tools/drawing/appearance.json';
import { el } from './dom';

export const STORED = appearance.storedType;
const PICTURE = 'image/svg+xml';
const LIVE = 'application/vnd.jupyter.widget-view+json';

interface IStored {
  entry: string;
  sheets: string[];
  data: string;
}

/** Model ids that were in a notebook when it was opened: their kernels have ended, or do not know this page. */
const stale = new WeakMap<NotebookPanel, Set<string>>();

/** Remember which widgets a notebook was opened with. Call it before any of its cells runs. */
export function noteSaved(panel: NotebookPanel): void {
  const text = JSON.stringify(panel.content.model?.toJSON() ?? {});
  stale.set(panel, new Set([...text.matchAll(/"model_id":"(\w+)"/g)].map(found => found[1])));
}

export class StoredView extends Widget implements IRenderMime.IRenderer {
  constructor(
    private readonly tracker: INotebookTracker,
    private readonly trans: TranslationBundle
  ) {
    super();
    this.layout = new PanelLayout();
    this.addClass('gd-stored');
  }

  async renderModel(model: IRenderMime.IMimeModel): Promise<void> {
    const id = (model.data[LIVE] as { model_id?: string } | undefined)?.model_id;
    await new Promise(requestAnimationFrame); // by then it is attached to its notebook
    const panel = this.tracker.find(each => each.node.contains(this.node));
    if (id && panel && !stale.get(panel)?.has(id)) {
      const live = panel.content.rendermime.createRenderer(LIVE);
      (this.layout as PanelLayout).addWidget(live);
      return live.renderModel(model);
    }
    try {
      await this.draw(model.data[STORED] as unknown as IStored);
    } catch (error) {
      console.warn('graph-duet: a saved widget cannot be drawn', error);
      this.drawPicture(String(model.data[PICTURE] ?? ''));
    }
  }

  /** What is left where this front end cannot read what was saved: the picture, as plain Jupyter shows it. */
  private drawPicture(svg: string): void {
    const alt = this.trans.__('The saved picture of a widget');
    const said = this.trans.__('This picture was saved by another version of Graph Duet. Run the cell again to step it.');
    const picture = svg && el('img', { src: `data:image/svg+xml,${encodeURIComponent(svg)}`, alt });
    this.node.replaceChildren(...(picture ? [picture] : []), el('p', { class: 'gd-muted gd-note', role: 'status' }, said));
  }

  private async draw(stored: IStored): Promise<void> {
    const base = URLExt.join(ServerConnection.makeSettings().baseUrl, 'graph-duet', 'front-end');
    const sheet = `${URLExt.join(base, 'style.css')}?${stored.sheets.map(name => `sheet=${name}`).join('&')}`;
    if (!document.querySelector(`link[href="${sheet}"]`)) {
      document.head.append(el('link', { rel: 'stylesheet', href: sheet }));
    }
    const { page } = await import(/* webpackIgnore: true */ URLExt.join(base, stored.entry));
    const root = el('div', {});
    const said = this.trans.__('From the file, with no kernel. Run the cell again to open closed blocks, or to step it from Python.');
    this.node.replaceChildren(root, el('p', { class: 'gd-muted gd-note' }, said));
    page(root, await unpacked(stored.data), false);
  }
}

async function unpacked(packed: string): Promise<unknown> {
  const bytes = Uint8Array.from(atob(packed), letter => letter.charCodeAt(0));
  return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'))).json();
}
