"""What the process of an environment may not do, put in place before a package is imported: open sockets and look into other
processes (on Linux, by a filter of system calls and a domain of its own, which hold for all that it starts and cannot be taken
back), outlive the process that started it."""

import ctypes
import os
import platform
import resource
import signal
import struct
import sys

PR_SET_PDEATHSIG, PR_SET_NO_NEW_PRIVS = 1, 38
SET_MODE_FILTER = 1
# Older kernels slow a filtered process down against attacks between processes' predictions. Not all know the flag.
FLAGS = (4, 0)
LOAD, EQUALS, AT_LEAST, ANSWER = 0x20, 0x15, 0x35, 0x06
ALLOW, REFUSE = 0x7FFF0000, 0x00050000 | 1  # EPERM

# Machine -> its architecture, the number of seccomp, and those of what is refused: socket, ptrace, process_vm_readv,
# process_vm_writev, bpf, perf_event_open, io_uring_setup, pidfd_getfd.
CALLS = {
    "x86_64": (0xC000003E, 317, (41, 101, 310, 311, 321, 298, 425, 438)),
    "aarch64": (0xC00000B7, 277, (198, 117, 270, 271, 280, 241, 425, 438)),
}


# Landlock's system calls have the same numbers on all machines.
CREATE_RULESET, RESTRICT_SELF, ASK_VERSION = 444, 446, 1
# What a domain must refuse at least: block devices, which nobody makes here. From version 6 on also signals to processes
# outside, and their abstract sockets.
MAKE_BLOCK, OUTSIDE = 1 << 11, 3
# Of what root may do beside others: nothing but read and write any file (capabilities 0 to 3).
CAPABILITY_VERSION, CAPABILITIES_KEPT = 0x20080522, 0b1111


class Instruction(ctypes.Structure):
    _fields_ = [("code", ctypes.c_ushort), ("yes", ctypes.c_ubyte), ("no", ctypes.c_ubyte), ("k", ctypes.c_uint)]


class Program(ctypes.Structure):
    _fields_ = [("count", ctypes.c_ushort), ("filter", ctypes.POINTER(Instruction))]


def program(architecture, calls):
    # Offsets in seccomp_data: the call's number 0, its architecture 4. Other architectures' calls have other numbers.
    listing = [(LOAD, 0, 0, 4), (EQUALS, 1, 0, architecture), (ANSWER, 0, 0, REFUSE), (LOAD, 0, 0, 0)]
    # Calls of the x32 interface have numbers of their own.
    listing += [(AT_LEAST, 0, 1, 0x40000000), (ANSWER, 0, 0, REFUSE)]
    for call in calls:
        listing += [(EQUALS, 0, 1, call), (ANSWER, 0, 0, REFUSE)]
    listing.append((ANSWER, 0, 0, ALLOW))
    return (Instruction * len(listing))(*(Instruction(*line) for line in listing))


def end_with_parent():
    """Nothing is left behind: no process, and no image of its memory."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform != "linux":
        return
    parent = os.getppid()
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        sys.exit(1)


def keep_to_itself():
    """Of processes outside, the worker among them, it can neither read memory and variables under /proc nor end one (the
    latter from Linux 6.12 on). A kernel without Landlock leaves that to the user that it runs as."""
    if sys.platform != "linux":
        return
    libc = ctypes.CDLL(None)
    version = libc.syscall(CREATE_RULESET, None, ctypes.c_size_t(0), ASK_VERSION)
    if version < 1:
        return
    numbers = (MAKE_BLOCK, 0, OUTSIDE) if version >= 6 else (MAKE_BLOCK,)
    refused = struct.pack(f"{len(numbers)}Q", *numbers)
    ruleset = libc.syscall(CREATE_RULESET, refused, ctypes.c_size_t(len(refused)), 0)
    libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    libc.syscall(RESTRICT_SELF, ruleset, 0)
    os.close(ruleset)
    # Variables may be read in spite of the domain by who may measure all processes, as root may.
    header, held = struct.pack("Ii", CAPABILITY_VERSION, 0), ctypes.create_string_buffer(24)
    libc.capget(header, held)
    low = [mask & CAPABILITIES_KEPT for mask in struct.unpack("3I", held.raw[:12])]
    libc.capset(header, struct.pack("6I", *low, 0, 0, 0))


def refuse_network():
    """Raises OSError where this system cannot."""
    known = CALLS.get(platform.machine()) if sys.platform == "linux" and struct.calcsize("P") == 8 else None
    if known is None:
        raise OSError(0, f"there is no filter of system calls for {sys.platform} on {platform.machine()}")
    libc = ctypes.CDLL(None, use_errno=True)
    architecture, seccomp, calls = known
    listing = program(architecture, calls)
    pointer = ctypes.byref(Program(len(listing), listing))
    libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    if all(libc.syscall(seccomp, SET_MODE_FILTER, flags, pointer) != 0 for flags in FLAGS):
        raise OSError(ctypes.get_errno(), "filters of system calls are refused")
