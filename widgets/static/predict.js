// Predict before it is revealed: one question, plausible answers, the why after, and the score.

import { button, el, replace } from "./dom.js";
import { t } from "./text.js";

/** @typedef {{step: number, kind: string, prompt: string, answers: string[], correct: number, why: string}} Question */
/** @typedef {{right: number, asked: number}} Score */

export class Predict {
  /**
   * @param {Question[]} questions
   * @param {Score} score
   * @param {{reveal: () => void, scored: (score: Score) => void}} on
   */
  constructor(questions, score, on) {
    this.on = on;
    this.active = false;
    this.score = { ...score };
    /** @type {Map<number, Question>} */
    this.waiting = new Map(questions.map((question) => [question.step, question]));
    /** @type {Question | null} */
    this.question = null;
    this.root = el("div", { class: "predict", role: "group", "aria-label": t("prediction"), hidden: true });
    this.points = el("span", { class: "points", role: "status" });
    this.tally();
  }

  /** @param {boolean} active */
  turn(active) {
    this.active = active;
    this.root.hidden = !active;
    if (active && !this.question) this.rest();
    if (!active) this.question = null;
  }

  /** What is said between two questions. */
  rest() {
    const left = this.waiting.size;
    replace(this.root, el("p", {}, el("b", {}, t("Predict: ")), left ? t("step on, and you are asked before a step is shown.") : t("all questions are answered.")),
      this.points);
  }

  /** Ask the question before `next`, if there is one; true means that `next` must wait. @param {number} next */
  ask(next) {
    if (!this.active) return false;
    if (this.question) return this.question.step === next && !this.answered;
    const question = this.waiting.get(next);
    if (!question) return false;
    this.question = question;
    this.answered = false;
    const choices = question.answers.map((answer, i) =>
      button(t("answer {i}: {answer}", { i: i + 1, answer }), el("code", {}, answer), () => this.answer(i), { class: "answer" }),
    );
    replace(this.root, el("p", { class: "prompt" }, el("b", {}, t("Predict: ")), question.prompt), el("div", { class: "answers" }, ...choices), this.points);
    choices[0]?.focus({ preventScroll: true });
    return true;
  }

  /** @param {number} chosen */
  answer(chosen) {
    const { question } = this;
    if (!question || this.answered) return;
    this.answered = true;
    this.waiting.delete(question.step);
    const right = chosen === question.correct;
    this.score.asked += 1;
    if (right) this.score.right += 1;
    this.tally();
    this.on.scored(this.score);
    const shown = question.answers.map((answer, i) => {
      const mark = i === question.correct ? "✓ " : i === chosen ? "✗ " : "";
      const kind = i === question.correct ? "correct" : i === chosen ? "wrong" : "";
      return el("span", { class: `answer ${kind}` }, mark, el("code", {}, answer));
    });
    const go = button(t("show the step"), t("show it"), () => this.leave(), { class: "go" });
    replace(
      this.root,
      el("p", { class: "prompt" }, el("b", {}, right ? t("Right. ") : t("Not quite. ")), question.prompt),
      el("div", { class: "answers" }, ...shown, go),
      el("p", { class: "why", role: "status" }, question.why),
      this.points,
    );
    go.focus({ preventScroll: true });
  }

  leave() {
    this.question = null;
    this.rest();
    this.on.reveal();
  }

  /** A question whose step was passed another way is put away. @param {number} step */
  passed(step) {
    if (this.question && step !== this.question.step - 1) {
      this.question = null;
      if (this.active) this.rest();
    }
  }

  tally() {
    this.points.textContent = this.score.asked ? t("{right} of {asked} right so far", { right: this.score.right, asked: this.score.asked }) : "";
  }

  /** Number keys choose. @param {KeyboardEvent} event */
  key(event) {
    const chosen = Number(event.key) - 1;
    if (!this.active || !this.question || this.answered || !(chosen in this.question.answers)) return;
    this.answer(chosen);
    event.preventDefault();
    event.stopPropagation();
  }
}
