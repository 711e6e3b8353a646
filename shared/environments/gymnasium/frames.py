"""Frames between CuGRO and Python: a header of four little-endian numbers (bytes of the body, kind, version of the
protocol, limit in milliseconds), then the body. No pickle: bodies are JSON, or arrays in a stated order."""

import json
import os
import struct

VERSION = 1
HEADER = struct.Struct("<IIII")
MOST_BYTES = 64 * 2**20

# What is asked.
OPEN, RESET, STEP, CLOSE = 1, 2, 3, 4
# How it is answered: done; an environment or a request is at fault; the process of the environment is gone.
DONE, FAULT, LOST = 0, 1, 2
# Status of a process that was asked to end.
CLOSED = 100


class Ended(Exception):
    """The other side has closed its end."""


def read_exactly(source, count):
    pieces = b""
    while len(pieces) < count:
        piece = os.read(source, count - len(pieces))
        if not piece:
            raise Ended
        pieces += piece
    return pieces


def read_frame(source):
    """(kind, body, limit) of the next frame; the answer may take as many milliseconds."""
    size, kind, version, limit = HEADER.unpack(read_exactly(source, HEADER.size))
    if version != VERSION:
        raise ValueError(f"the frame is of version {version} of the protocol, and this is version {VERSION}")
    if size > MOST_BYTES:
        raise ValueError(f"the frame has {size} bytes: at most {MOST_BYTES}")
    return kind, read_exactly(source, size), limit


def skip_to(source, mark):
    """Reads up to the end of the mark."""
    last = b""
    while not last.endswith(mark):
        last = (last + read_exactly(source, 1))[-len(mark) :]


def frame(kind, body=b"", limit=0):
    return HEADER.pack(len(body), kind, VERSION, limit) + body


def json_frame(kind, value):
    return frame(kind, json.dumps(value, allow_nan=False).encode())


def write_all(target, data):
    view = memoryview(data)
    while len(view) > 0:
        view = view[os.write(target, view) :]


def own_pipes():
    """This process's stdin and stdout for frames alone: what is printed from now on goes to stderr."""
    source, target = os.dup(0), os.dup(1)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    return source, target
