"""From Recording to Recording: collapse, fold, simplify, compare."""
