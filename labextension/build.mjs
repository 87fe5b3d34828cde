// Build the extension that the Python package ships: JupyterLab's own builder, on the JupyterLab of this environment.
//
//   npm run build            (needs `python` of the environment on the PATH, or DUET_PYTHON)

import { execFileSync } from 'node:child_process';

const python = process.env.DUET_PYTHON ?? 'python';
const staging = execFileSync(python, ['-c', 'import jupyterlab, pathlib; print(pathlib.Path(jupyterlab.__file__).parent / "staging")'], { encoding: 'utf8' }).trim();
execFileSync(process.execPath, ['node_modules/@jupyterlab/builder/lib/build-labextension.js', '--core-path', staging, '.'], { stdio: 'inherit' });
