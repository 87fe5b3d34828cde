"""A lesson and an exercise of a few lines, which need no framework."""

from __future__ import annotations

from pathlib import Path

LESSON = """\
---
lesson: L90
title: Counting
minutes: 5
before: nothing
next: nothing
aims:
- count;
- count on.
---

Above the first heading.

## Predict
How many?

```{code-cell}
print(1 + 1)
```

Text after the cell.

+++

Another cell.
"""

EXERCISE = """\
---
exercise: L90
title: Count
minutes: 5
---

```{code-cell}
:name: imports

from graph_duet import show
```

```{code-cell}
:kind: seed

seed = 7
```

## Task 1 · Twice (2 points)
Write `twice(x)`.

```{code-cell}
:kind: answer
:task: 1
:title: twice(x)

def twice(x):
    ### BEGIN SOLUTION your code, about 1 line
    return 2 * x
    ### END SOLUTION
```

```{code-cell}
:kind: check
:points: 1
:expects: a whole number

show(twice(seed))
```

```{code-cell}
:kind: hidden
:points: 1

show(twice(-seed))
```

:::{hint}
What is x + x?
:::

:::{hint}
`2 * x`
:::
"""


def write_folder(root: Path, lesson: str = LESSON, exercise: str = EXERCISE) -> Path:
    """`root/L90_counting` with both texts; an empty one is left out."""
    folder = root / "L90_counting"
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in (("lesson.md", lesson), ("exercise.md", exercise)):
        if text:
            (folder / name).write_text(text, encoding="utf-8")
    return folder
