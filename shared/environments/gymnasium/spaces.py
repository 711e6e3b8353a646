"""Spaces of Gymnasium as rows of numbers, in the order in which datasets are imported: a dict's members by their names, letter
by letter, a tuple's by number, arrays row by row; a discrete value is one number."""

import numpy
from gymnasium import spaces


class SpaceFault(Exception):
    """A space that has no such rows."""


def width(space, what="observations"):
    """Numbers in a row."""
    if isinstance(space, (spaces.Box, spaces.MultiBinary, spaces.MultiDiscrete)):
        return int(numpy.prod(space.shape))
    if isinstance(space, spaces.Discrete):
        return 1
    if isinstance(space, spaces.Dict):
        return sum(width(space.spaces[name], what) for name in sorted(space.spaces))
    if isinstance(space, spaces.Tuple):
        return sum(width(one, what) for one in space.spaces)
    raise SpaceFault(f"{what} of the space {type(space).__name__} are no rows of numbers")


def write_row(value, row):
    if numpy.shape(value) != row.shape:
        raise wrong_shape(value, row.shape)
    row[:] = value


def wrong_shape(value, shape):
    return ValueError(f"an observation has the shape {numpy.shape(value)}, and the space {shape}")


def flat_writer(shape):
    def write_flat(value, row):
        array = numpy.asarray(value)
        if array.shape != shape:
            raise wrong_shape(value, shape)
        row[:] = array.reshape(-1)

    return write_flat


def writer(space):
    """A function that writes an observation into a row `[S]`."""
    if isinstance(space, spaces.Dict):
        names = sorted(space.spaces)
        members = [(name, width(space.spaces[name]), writer(space.spaces[name])) for name in names]
    elif isinstance(space, spaces.Tuple):
        members = [(i, width(one), writer(one)) for i, one in enumerate(space.spaces)]
    elif len(space.shape or ()) == 1:
        return write_row
    else:
        return flat_writer(tuple(space.shape or ()))

    def write_members(value, row):
        at = 0
        for name, size, write in members:
            write(value[name], row[at : at + size])
            at += size

    return write_members


class Actions:
    """Rows `[A]` -> actions of a space. Continuous ones are clipped to its bounds; a discrete one is the largest number's place."""

    def __init__(self, space):
        self.discrete = isinstance(space, spaces.Discrete)
        if self.discrete:
            self.dim, self.start, self.low, self.high = int(space.n), int(space.start), [], []
            return
        if not isinstance(space, spaces.Box):
            raise SpaceFault(f"actions of the space {type(space).__name__} are neither continuous nor one choice")
        self.dim, self.shape, self.dtype = int(numpy.prod(space.shape)), space.shape, space.dtype
        self.low, self.high = space.low.reshape(-1), space.high.reshape(-1)

    def take(self, rows):
        """One action for each row."""
        if self.discrete:
            return [self.start + int(choice) for choice in numpy.argmax(rows, axis=1)]
        clipped = numpy.clip(rows, self.low, self.high).astype(self.dtype, copy=False)
        return clipped.reshape((len(rows), *self.shape))
