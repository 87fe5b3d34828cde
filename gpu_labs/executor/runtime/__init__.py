"""What both engines run on: memory, arithmetic, atomics, warps, launch shapes."""
