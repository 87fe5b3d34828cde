"""What TensorFlow's ops do besides computing, as `OpRoles` describes."""

from __future__ import annotations

from graphviz_tools.op_roles import OpRoles

ROLES = OpRoles(
    constants=frozenset({"Const"}),
    operand_names=("/x", "/y"),
    pass_on=frozenset({"Identity", "IdentityN", "ReadVariableOp", "PreventGradient"}),
    pass_by_slot=frozenset({"IdentityN"}),
    arguments=frozenset({"Placeholder"}),
    order_only=frozenset({"NoOp"}),
    savers=frozenset({"TensorListPushBack", "EmptyTensorList", "OptionalNone"}),
    getters=frozenset({"TensorListPopBack", "OptionalFromValue", "OptionalGetValue"}),
    shapes=frozenset(
        ["Shape", "ShapeN", "Size", "Rank", "BroadcastGradientArgs", "InvertPermutation", "ConcatOffset"]
    ),
    reductions=frozenset(["Sum", "Mean", "Max", "Min", "Prod", "All", "Any"]),
    arrangers=frozenset(["Reshape", "Tile", "BroadcastTo", "Transpose"]),
    loop_setup=frozenset(  # AutoGraph computes them in case the loop is given a limit
        [
            "Shape",
            "StridedSlice",
            "Sub",
            "FloorDiv",
            "FloorMod",
            "NotEqual",
            "Cast",
            "AddV2",
            "Maximum",
            "TensorListReserve",
            "Const",
        ]
    ),
    flags=frozenset({"True", "False"}),
    loops=frozenset({"While", "StatelessWhile"}),
    same=frozenset({"Identity"}),
    loop_counters=r"(loop_counter|maximum_iterations|grad_counter)(_\d+)?",
    pushes=frozenset({"TensorListPushBack"}),
    pops=frozenset({"TensorListPopBack"}),
    gradient_names=("gradient_tape", "gradients"),  # of a GradientTape, of tf.gradients
    gradient_suffix="_grad",
    gradient_op_suffix="Grad",
)
