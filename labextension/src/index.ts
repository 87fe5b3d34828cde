// Graph Duet in JupyterLab: check, hints, points and the course, where the learner is.

import { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ICommandPalette, ToolbarButton } from '@jupyterlab/apputils';
import { PathExt } from '@jupyterlab/coreutils';
import { ILauncher } from '@jupyterlab/launcher';
import { INotebookTracker, NotebookPanel } from '@jupyterlab/notebook';
import { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';

import { speak } from './api';
import { CoursePanel } from './course_panel';
import { duet, Exercise } from './exercise';
import { tendCells } from './exercise_cells';
import { checkIcon, courseIcon } from './icons';
import { predictFirst } from './predict';
import { SidePanel } from './side_panel';
import { noteSaved, STORED, StoredView } from './stored_view';

const CHECK = 'graph-duet:check';
const COURSE = 'graph-duet:course';
const TERMINAL = 'graph-duet:terminal';
const PART = /(?:^|\/)([LG]\d\d)_[^/]*\/(lesson|exercise)\.ipynb$/;

const plugin: JupyterFrontEndPlugin<void> = {
  id: 'graph-duet:plugin',
  description: 'Checks, hints, points and the course of Graph Duet.',
  autoStart: true,
  requires: [INotebookTracker],
  optional: [ICommandPalette, ILauncher, ITranslator, IRenderMimeRegistry],
  activate: (
    app: JupyterFrontEnd,
    tracker: INotebookTracker,
    palette: ICommandPalette | null,
    launcher: ILauncher | null,
    translator: ITranslator | null,
    rendermime: IRenderMimeRegistry | null
  ) => {
    const trans = (translator ?? nullTranslator).load('graph_duet');
    speak(trans);
    if (translator && translator.languageCode !== 'en') {
      // The widgets' modules, which load later, read it there.
      Object.assign(globalThis, { graphDuetTexts: trans });
    }
    const exercises = new WeakMap<NotebookPanel, Exercise>();
    const current = () => (tracker.currentWidget ? exercises.get(tracker.currentWidget) ?? null : null);

    const course = new CoursePanel(trans, path => void app.commands.execute('docmanager:open', { path }));
    course.title.icon = courseIcon;
    const points = new SidePanel(trans);
    points.title.icon = checkIcon;
    app.shell.add(course, 'left', { rank: 90 });
    app.shell.add(points, 'right', { rank: 90 });

    const opened = async (panel: NotebookPanel) => {
      await panel.context.ready;
      noteSaved(panel);
      const part = PART.exec(panel.context.path);
      if (part) {
        // Not the label: JupyterLab renames the file to what its tab is called.
        const kind = part[2] === 'lesson' ? trans.__('lesson') : part[1].startsWith('G') ? trans.__('lab') : trans.__('exercise');
        const name = `${part[1]} ${kind}`;
        panel.title.dataset = { ...panel.title.dataset, 'gd-name': name };
        if (part[2] === 'lesson') {
          const found = (await course.entries()).find(entry => panel.context.path.endsWith(entry.part.lesson));
          predictFirst(panel, found?.part.guess ?? '', trans);
        }
      }
      if (!duet(panel.content.model).exercise) {
        return;
      }
      const exercise = new Exercise(panel, trans, () => void course.refresh());
      exercises.set(panel, exercise);
      tendCells(panel, trans);
      panel.toolbar.insertItem(10, 'graph-duet-check', new ToolbarButton({
        icon: checkIcon,
        label: trans.__('Check'),
        tooltip: trans.__('Save, run and check this exercise'),
        onClick: () => void app.commands.execute(CHECK)
      }));
      points.follow(current());
    };
    rendermime?.addFactory(
      { safe: true, mimeTypes: [STORED], createRenderer: () => new StoredView(tracker, trans) },
      -20 // before the widget's own view, which is made by this one where its kernel runs
    );
    tracker.widgetAdded.connect((_, panel) => void opened(panel));
    tracker.forEach(panel => void opened(panel));
    tracker.currentChanged.connect(() => points.follow(current()));

    app.commands.addCommand(CHECK, {
      label: trans.__('Check This Exercise'),
      caption: trans.__('Save, run and check the exercise that is open'),
      icon: checkIcon,
      isEnabled: () => current() !== null,
      execute: () => {
        const exercise = current();
        if (!points.isVisible) {
          app.shell.activateById(points.id);
          exercise?.panel.content.activate(); // the cursor stays where the learner works
        }
        return exercise?.check();
      }
    });
    app.commands.addCommand(COURSE, {
      label: trans.__('Graph Duet: the Course'),
      caption: trans.__('The lessons and labs, your points, and where to go on'),
      icon: courseIcon,
      execute: () => {
        app.shell.activateById(course.id);
        void course.refresh();
      }
    });
    app.commands.addCommand(TERMINAL, {
      label: trans.__('Terminal in the Folder of This Notebook'),
      caption: trans.__('`duet check` is found there'),
      isEnabled: () => tracker.currentWidget !== null,
      execute: () =>
        app.commands.execute('terminal:create-new', { cwd: PathExt.dirname(tracker.currentWidget?.context.path ?? '') })
    });
    for (const command of [CHECK, COURSE, TERMINAL]) {
      palette?.addItem({ command, category: trans.__('Graph Duet') });
    }
    launcher?.add({ command: COURSE, category: trans.__('Other'), rank: 0 });
    void app.restored.then(() => course.refresh());
  }
};

export default plugin;
