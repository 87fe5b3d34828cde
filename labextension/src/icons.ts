import { LabIcon } from '@jupyterlab/ui-components';

const svg = (path: string) =>
  `<svg xmlns="http://www.w3.org/2000/svg" width="16" viewBox="0 0 24 24"><path class="jp-icon3" fill="#616161" d="${path}"/></svg>`;

export const courseIcon = new LabIcon({
  name: 'graph-duet:course',
  svgstr: svg('M5 3a3 3 0 1 0 1 5.8v6.4a3 3 0 1 0 2 0V12h6.2a3 3 0 1 0 0-2H8V8.8A3 3 0 0 0 5 3z')
});

export const checkIcon = new LabIcon({
  name: 'graph-duet:check',
  svgstr: svg('M9 16.2l-3.5-3.5L4 14.2 9 19.2 20 8.2l-1.5-1.5z')
});
