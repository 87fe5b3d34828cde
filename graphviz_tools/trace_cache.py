"""Which call traced, which reused a graph, and why: the history of a `tf.function` or `torch.compile` cache."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

# The types of what a TraceCache reports.
from graphviz_tools.cache_history import CacheHistory as CacheHistory
from graphviz_tools.cache_history import Call as Call
from graphviz_tools.cache_history import Prediction as Prediction
from graphviz_tools.cache_history import TraceCache as TraceCache
from graphviz_tools.errors import UserError
from graphviz_tools.language import _


def trace_cache(fn: Callable[..., Any]) -> TraceCache:
    """Watch the cache of `fn`, a `tf.function` or what `torch.compile` returns.

        cache = trace_cache(tf.function(f))
        cache(tf.ones(3)); cache(tf.ones(4))
        cache.history.calls[1].reasons       # ("x: shape (4,), where the trace has (3,)",)
        cache.predict(tf.ones(3)).entry      # 0

    Raises UserError for anything else, such as a plain Python function, which has no cache.
    """
    if hasattr(fn, "experimental_get_tracing_count"):
        from graphviz_tools.sources.tensorflow.cache import TensorFlowCache

        return TensorFlowCache(fn)
    if callable(fn) and _is_compiled(fn):
        from graphviz_tools.sources.compiled.cache import CompiledCache

        return CompiledCache(fn)
    raise UserError(
        _(
            "trace_cache needs a tf.function or what torch.compile returned; {fn!r} has no cache of graphs",
            fn=fn,
        )
    )


def _is_compiled(fn: Callable[..., Any]) -> bool:
    """True for a function or module that `torch.compile` returned."""
    if "torch" not in sys.modules:
        return False
    from graphviz_tools.sources.compiled.private_names import given_to_compile

    return given_to_compile(fn) is not None
