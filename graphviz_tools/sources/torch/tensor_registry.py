"""Which tensor is which: every tensor seen, by identity and version, and who wrote it.

Tensors are known by weak reference, so that being known keeps none alive.
"""

from __future__ import annotations

import weakref
from collections.abc import Iterable
from typing import Any, NamedTuple

import torch

from graphviz_tools.sources.torch.private_names import IS_BATCHED, IS_WRAPPED, UNWRAPPED, found_or
from graphviz_tools.sources.torch.storage_ledger import StorageLedger
from graphviz_tools.sources.torch.summaries import Form
from graphviz_tools.sources.torch.tape import RawValue, Tape, new_tuple

UNTRACKED = -1  # inference tensors have no version counter


class Known(weakref.ref[torch.Tensor]):
    """A tensor as last seen: the value it had, and output `slot` of `node`, which wrote it."""

    __slots__ = ("node", "requires_grad", "slot", "storage", "value", "version", "writer")

    node: int | None
    requires_grad: bool
    slot: int
    storage: int | None
    value: int
    version: int
    writer: tuple[int, int] | None  # the last in-place write to its storage


def version_of(tensor: torch.Tensor) -> int:
    """PyTorch's count of in-place writes to the tensor's memory."""
    try:
        return tensor._version
    except RuntimeError:
        return UNTRACKED


def grad_fn_of(tensor: torch.Tensor) -> Any:
    """The tensor's `grad_fn`; None where PyTorch refuses to say: of a view made under `no_grad` whose base was written
    in place with gradients on since."""
    try:
        return tensor.grad_fn
    except RuntimeError:
        return None


def is_leaf(tensor: torch.Tensor) -> bool:
    """Whether no operation made the tensor; of what `grad_fn_of` says, one did."""
    try:
        return tensor.is_leaf
    except RuntimeError:
        return False


class Origin(NamedTuple):
    """Output `slot` of `node`, seen as `value`."""

    node: int | None
    slot: int
    value: int


class Tensors:
    """`find` a tensor that is unchanged since it was last seen, or `describe` it again."""

    def __init__(self, tape: Tape, ledger: StorageLedger, *, numbers: bool, max_values: int) -> None:
        self._tape = tape
        self._ledger = ledger
        self._by_id: dict[int, Known] = {}
        self._by_pointer: dict[int, int] = {}
        self._writers: dict[int | None, tuple[int, int]] = {}
        self._forms: dict[tuple[torch.Size | None, torch.dtype, torch.device], Form] = {}
        self._left = max_values
        self._max_values = max_values
        self._numbers = numbers

    def find(self, tensor: torch.Tensor) -> Known | None:
        known = self._by_id.get(id(tensor))
        if known is None or known() is not tensor:
            return None
        if self._writers and self._writers.get(known.storage) is not known.writer:
            return None  # written through another tensor: `x.data` has a version counter of its own
        try:
            return known if known.version == tensor._version else None
        except RuntimeError:
            return known

    def unchanged(self, tensors: list[torch.Tensor]) -> list[Known | None]:
        """What `find` says of each, and None too where `requires_grad` has changed since."""
        by_id, writers = self._by_id.get, self._writers
        found: list[Known | None] = []
        for tensor in tensors:
            known = by_id(id(tensor))
            if known is not None:
                moved = known() is not tensor or known.requires_grad != tensor.requires_grad
                if moved or (writers and writers.get(known.storage) is not known.writer):
                    known = None
                else:
                    try:
                        if known.version != tensor._version:
                            known = None
                    except RuntimeError:  # an inference tensor
                        pass
            found.append(known)
        return found

    def writer(self, tensor: torch.Tensor) -> tuple[int, int] | None:
        """The (node, slot) that last wrote in place to the tensor's memory, through it or through a view."""
        if not self._writers:
            return None
        pointer = _address(tensor)
        return self._writers.get(self._ledger.number(tensor, pointer, tensor.nbytes)) if pointer else None

    def below(self, tensor: torch.Tensor) -> Known | None:
        """What is known of the tensor that a torch.func transform has wrapped into this one."""
        return self.last_seen(_unwrapped(tensor)[0]) if _is_wrapped(tensor) else None

    def alive(self) -> list[torch.Tensor]:
        """Every tensor that was seen and has not died."""
        found = [known() for known in self._by_id.values()]
        return [tensor for tensor in found if tensor is not None]

    def last_seen(self, tensor: torch.Tensor) -> Known | None:
        """What was known of the tensor, at whatever version."""
        known = self._by_id.get(id(tensor))
        return known if known is not None and known() is tensor else None

    def forget_numbers(self, tensor: torch.Tensor) -> None:
        """The numbers seen in the tensor's memory are there no more, whatever its version says."""
        self._by_pointer.pop(_address(tensor) or 0, None)

    def describe(
        self,
        tensor: torch.Tensor,
        node: int | None,
        slot: int,
        name: str = "",
        *,
        flags: tuple[str, ...] = (),
        written: bool = False,
        gradient: bool = False,
    ) -> Known:
        """The tensor as it is now, output `slot` of `node`; `written` when its memory was written in place,
        `gradient` when the engine made it."""
        try:
            version = tensor._version
        except RuntimeError:
            version = UNTRACKED
        plain = tensor
        try:
            pointer, contiguous, nbytes, shape = (
                tensor.data_ptr(),
                tensor.is_contiguous(),
                tensor.nbytes,
                tensor.shape,
            )
        except (RuntimeError, ValueError):
            plain, wrappers = _unwrapped(tensor)
            flags = (*flags, *wrappers)
            pointer, contiguous, nbytes, shape = _unusual(plain, tensor)
        storage = self._ledger.number(plain, pointer, nbytes, gradient) if pointer else None
        key = (shape, plain.dtype, tensor.device)
        # What is wrapped has memory of another shape, and can share no page.
        form = self._form(key) if plain is tensor else Form(*key)
        values, requires_grad = self._tape.values, tensor.requires_grad
        known = Known(tensor)
        known.requires_grad, known.version, known.storage = requires_grad, version, storage
        ticket = None
        if self._numbers and shape is not None:
            ticket = self._ticket(plain, known, form, pointer, contiguous, nbytes)
        number, writers = id(tensor), self._writers
        if node is not None and not name:  # a parameter keeps its name when it is written
            before = self._by_id.get(number)
            name = values[before.value].name if before is not None and before() is tensor else ""
        state = 0 if not requires_grad else 1 if is_leaf(tensor) else 2 if tensor.retains_grad else 3
        facts = (requires_grad, state, tensor._is_view(), contiguous, version < 0)
        words = _WORDS.get(facts) or _spell(facts)
        known.value, known.node, known.slot = len(values), node, slot
        self._by_id[number] = known
        seen_version = None if version == UNTRACKED else version
        if flags:
            words += flags
        fields = (form, words, seen_version, storage, nbytes, ticket, name, node)
        values.append(new_tuple(RawValue, fields))
        if storage is not None:
            if contiguous:
                self._by_pointer[pointer] = known.value
            if written and node is not None:
                writers[storage] = (node, slot)
        known.writer = writers.get(storage) if writers else None
        return known

    def _form(self, key: tuple[torch.Size | None, torch.dtype, torch.device]) -> Form:
        """The one form of all tensors of this shape, dtype and device."""
        try:
            return self._forms.get(key) or self._forms.setdefault(key, Form(*key))
        except TypeError:  # a symbolic size has no hash
            return Form(*key)

    def _ticket(
        self, tensor: torch.Tensor, known: Known, form: Form, pointer: int, contiguous: bool, nbytes: int
    ) -> int | None:
        """A ticket for the numbers of `tensor`, about which `known` says when and where they were written: that of the
        same elements in another shape, if seen."""
        storage = known.storage
        value = self._by_pointer.get(pointer) if contiguous and storage is not None else None
        if value is not None and storage not in self._writers:
            seen = self._tape.values[value]
            moment = seen.storage == storage and seen.version == known.version
            same = moment and seen.nbytes == nbytes and seen.form.dtype == tensor.dtype
            if same and seen.ticket is not None and not _is_altered_view(tensor):
                return seen.ticket
        if self._left <= 0:
            self._tape.omitted["values", f"max_values={self._max_values}"] += 1
            return None
        self._left -= 1
        return self._tape.summaries.take(tensor, form, pointer, contiguous, nbytes)

    def sharing(self, tensor: torch.Tensor) -> Origin | None:
        """Who wrote the tensor of which this one, another object over the same memory, has the first element."""
        pointer = _address(tensor)
        value = self._by_pointer.get(pointer) if pointer else None
        storage = None if value is None else self._tape.values[value].storage
        if value is None or storage is None or self._ledger.number(tensor, pointer, tensor.nbytes) != storage:
            return None
        if storage in self._writers:
            return Origin(*self._writers[storage], value)
        holder = next((k for k in self._by_id.values() if k.value == value), None)
        node = self._tape.values[value].node
        return Origin(node, holder.slot if holder is not None and holder.node == node else 0, value)

    def alike(self, tensor: torch.Tensor) -> tuple[int, int | None]:
        """(value, storage) of a tensor that may be another object over memory that was seen."""
        known = self.find(tensor)
        if known is not None:
            return known.value, known.storage
        pointer = _address(tensor)
        value = self._by_pointer.get(pointer)
        storage = self._ledger.number(tensor, pointer, tensor.nbytes) if value is not None else None
        if value is not None and storage not in self._writers:
            seen = self._tape.values[value]
            facts = (seen.storage, seen.version, seen.form.shape, seen.form.dtype)
            same = facts == (storage, version_of(tensor), tensor.shape, tensor.dtype)
            if same and not _is_altered_view(tensor):
                return value, storage
        known = self.describe(tensor, None, 0)
        return known.value, known.storage


def _unusual(plain: torch.Tensor, tensor: torch.Tensor) -> tuple[int, bool, int, torch.Size | None]:
    """(address, whether contiguous, bytes, shape) where PyTorch refuses some of them; `plain` is unwrapped."""
    try:
        pointer, contiguous, nbytes = plain.data_ptr(), plain.is_contiguous(), plain.nbytes
    except (RuntimeError, ValueError):  # sparse, meta, fake, a lazy module's parameter
        pointer, contiguous, nbytes = 0, True, 0
    try:
        shape = tensor.shape
    except (RuntimeError, ValueError):  # a strided nested tensor, a lazy module's parameter
        shape = None
    return pointer, contiguous, nbytes, shape


def _is_altered_view(tensor: torch.Tensor) -> bool:
    """Whether the tensor's numbers are not those in its memory: PyTorch conjugates and negates when it reads."""
    return tensor.is_neg() or (tensor.is_complex() and tensor.is_conj())


def _address(tensor: torch.Tensor) -> int:
    """Of the first element; 0 where there is no memory."""
    try:
        return tensor.data_ptr()
    except RuntimeError:
        return 0


def _spell(key: tuple[bool, int, bool, bool, bool]) -> tuple[str, ...]:
    requires_grad, state, view, contiguous, inference = key
    words = {
        "leaf": state == 1,
        "requires_grad": requires_grad,
        "retains_grad": state == 2,
        "view": view,
        "strided": not contiguous,
        "inference": inference,
    }
    found = _WORDS[key] = tuple(word for word, holds in words.items() if holds)
    return found


_WORDS: dict[tuple[bool, int, bool, bool, bool], tuple[str, ...]] = {}


def _is_wrapped(tensor: torch.Tensor) -> bool:
    """Whether a transform of torch.func has wrapped the tensor."""
    return found_or(IS_WRAPPED, _never)(tensor)


def _never(tensor: torch.Tensor) -> bool:
    return False


def _unwrapped(tensor: torch.Tensor) -> tuple[torch.Tensor, list[str]]:
    """The tensor below the wrappers of torch.func, and a word for each wrapper ("vmapped": all examples)."""
    words: list[str] = []
    while _is_wrapped(tensor):
        words.append("vmapped" if found_or(IS_BATCHED, _never)(tensor) else "transformed")
        unwrapped = UNWRAPPED.find()
        if unwrapped is None:
            break
        tensor = unwrapped(tensor)
    return tensor, words


_COLLECTIONS = (tuple, list, set)
_PLAIN = (str, bytes, int, float, complex, type(None), slice, torch.nn.Module, torch.dtype, torch.device)


def tensors_in(thing: Any) -> list[torch.Tensor]:
    """The tensors in nested tuples, lists, dicts, sets and dataclasses, in order, each once."""
    if isinstance(thing, _PLAIN):
        return []
    found: dict[int, torch.Tensor] = {}
    _collect(thing, found, set())
    return list(found.values())


def _collect(thing: Any, found: dict[int, torch.Tensor], visited: set[int]) -> None:
    if isinstance(thing, torch.Tensor):
        found.setdefault(id(thing), thing)
    elif not isinstance(thing, _PLAIN) and id(thing) not in visited:
        visited.add(id(thing))
        for item in _items(thing):
            _collect(item, found, visited)


def _items(thing: Any) -> Iterable[Any]:
    if isinstance(thing, dict):
        return thing.values()
    if isinstance(thing, _COLLECTIONS):
        return thing
    # Asked of the class: an object that answers to any name, such as a Proxy of torch.fx, is not a dataclass.
    return [getattr(thing, name, None) for name in getattr(type(thing), "__dataclass_fields__", ())]
