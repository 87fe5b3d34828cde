"""From a submission to verdicts: answers are placed, run in a notebook kernel, and compared outside it."""
