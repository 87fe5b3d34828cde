"""TensorFlow's graph optimiser, asked for one function: what it makes of a graph, and what really runs.

Both ways to ask it are private to TensorFlow. When one is gone, its function here returns None.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from graphviz_tools.frameworks import import_tensorflow
from graphviz_tools.sources.tensorflow.private_names import COLLECTION_NAMES, OPTIMIZE, found_all

LOWERED = "_lower_using_switch_merge"  # tells the optimiser to turn an If or While into Switch and Merge ops


def optimised_graph(concrete: Any) -> Any | None:
    """The `tf.Graph` that Grappler makes of a `ConcreteFunction`, with branches and loops left whole."""
    tf, optimize = import_tensorflow(), OPTIMIZE.find()
    if optimize is None:
        return None
    definition = concrete.graph.as_graph_def()
    for nodes in (definition.node, *(f.node_def for f in definition.library.function)):
        for node in nodes:
            node.attr.pop(LOWERED, None)
    meta_graph = tf.compat.v1.train.export_meta_graph(graph_def=definition, graph=concrete.graph)
    wanted = [item.name for item in (*concrete.outputs, *concrete.graph.control_outputs)]
    meta_graph.collection_def["train_op"].node_list.value.extend(wanted)
    config = tf.compat.v1.ConfigProto()
    config.graph_options.rewrite_options.min_graph_nodes = -1  # small graphs too
    return _imported(optimize(config, meta_graph))


def running_graph(fn: Callable[..., Any], args: Any, kwargs: Any) -> Any | None:
    """The `tf.Graph` that runs when `fn` is called: optimised, inlined, branches and loops lowered.

    The function is traced again and called once, with all its effects: TensorFlow optimises a graph when it runs.
    """
    tf, found = import_tensorflow(), found_all(*COLLECTION_NAMES)
    if found is None:
        return None
    collect, collect_no_more, collected_metadata = found
    collect()
    try:
        tf.function(getattr(fn, "python_function", fn))(*args, **kwargs)
        collected = collected_metadata().function_graphs
    finally:
        collect_no_more()
    return _imported(collected[0].post_optimization_graph) if collected else None


def _imported(definition: Any) -> Any:
    tf = import_tensorflow()
    graph = tf.Graph()
    with graph.as_default():
        tf.graph_util.import_graph_def(definition, name="")
    return graph
