// What the server offers, and the shapes of its answers.

import { URLExt } from '@jupyterlab/coreutils';
import { ServerConnection } from '@jupyterlab/services';
import { nullTranslator, TranslationBundle } from '@jupyterlab/translation';

export interface ITask {
  id: string;
  title: string;
  /** "right", "written" (a prediction that is compared when graded), or the class of what is wrong. */
  state: string;
  tried: boolean;
  points: number;
  possible: number;
  cells: string[];
  said: string[];
  hints: string[];
}

export interface IVerdicts {
  exercise: string;
  title: string;
  points: number;
  possible: number;
  hidden: number;
  notes: string[];
  tasks: ITask[];
}

export interface IEntry {
  part: { id: string; title: string; minutes: number; lesson: string; exercise: string; possible: number; guess: string };
  points: number;
  tries: number;
  done: boolean;
  newer: string[];
}

export interface ICourse {
  entries: IEntry[];
  next: string;
}

let trans: TranslationBundle = nullTranslator.load('graph_duet');

/** Say what goes wrong in this language. */
export function speak(language: TranslationBundle): void {
  trans = language;
}

/** A sentence for the learner: what went wrong, and nothing else. */
export class Problem extends Error {}

async function request<T>(name: string, body?: object): Promise<T> {
  const settings = ServerConnection.makeSettings();
  const url = URLExt.join(settings.baseUrl, 'graph-duet', name);
  const init: RequestInit = body ? { method: 'POST', body: JSON.stringify(body) } : { method: 'GET' };
  let response: Response;
  try {
    response = await ServerConnection.makeRequest(url, init, settings);
  } catch {
    throw new Problem(trans.__('The server does not answer: is `duet lab` still running?'));
  }
  if (!response.ok) {
    throw new Problem(trans.__('The server could not do it (status %1); its terminal says why.', response.status));
  }
  const answer = await response.json();
  if (answer.problem) {
    throw new Problem(answer.problem);
  }
  return answer as T;
}

export async function check(path: string): Promise<IVerdicts> {
  return (await request<{ verdicts: IVerdicts }>('check', { path })).verdicts;
}

export function course(): Promise<ICourse> {
  return request<ICourse>('course');
}

export async function reset(path: string, task: string): Promise<string> {
  return (await request<{ backup: string }>('reset', { path, task })).backup;
}
