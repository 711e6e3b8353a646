"""The process that CuGRO starts: it starts the one that runs an environment, and watches it.

It is there before the worker gives up the right to start programs, and runs no package and no environment itself. The process of
an environment has CuGRO's own pipes, so that a step takes no way through here. When it has died, or ended
itself because it took too long (SIGALRM), a mark in the pipe says where frames begin again, and the next one how it ended. When
CuGRO's end of the pipe is closed, everything ends."""

import ctypes
import os
import select
import signal
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
import frames  # noqa: E402

MOST_OUTPUT = 4000
PR_SET_CHILD_SUBREAPER = 36


class Signals:
    """Signals as bytes in a pipe, so that they are waited for together with everything else."""

    def __init__(self):
        self.pipe, into = os.pipe()
        os.set_blocking(self.pipe, False)
        os.set_blocking(into, False)
        signal.set_wakeup_fd(into, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)

    def take(self):
        try:
            return os.read(self.pipe, 512)
        except BlockingIOError:
            return b""


def start_host(source, target, begin, network):
    """The process of an environment, and where what it prints comes out. The request that it begins with lies in a pipe."""
    request, into = os.pipe()
    command = [sys.executable, "-I", "-B", os.path.join(HERE, "host.py"), str(request), network]
    host = subprocess.Popen(
        command,
        stdin=source,
        stdout=target,
        stderr=subprocess.PIPE,
        bufsize=0,
        pass_fds=[request],
        start_new_session=True,
    )
    os.close(request)
    try:
        frames.write_all(into, begin)
    except BrokenPipeError:
        pass
    os.close(into)
    os.set_blocking(host.stderr.fileno(), False)
    return host


def read_output(host, output):
    """What was printed before, and since; of long outputs the end. The second is False at the end of it all."""
    try:
        piece = os.read(host.stderr.fileno(), 65536)
    except BlockingIOError:
        return output, True
    return (output + piece)[-MOST_OUTPUT:], piece != b""


def has_ended(host):
    """Not reaped where the system can tell without: until then its number is nobody else's."""
    if not hasattr(os, "waitid"):
        return host.poll() is not None
    return os.waitid(os.P_PID, host.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None


def adopt_orphans():
    """On Linux what an environment has started becomes this process's child when its own parent ends, also in a session of
    its own."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def own_children():
    own = os.getpid()
    for name in os.listdir("/proc"):
        if not name.isdigit():
            continue
        try:
            with open(f"/proc/{name}/stat", "rb") as stat:
                parent = int(stat.read().rpartition(b")")[2].split()[1])
        except (FileNotFoundError, ProcessLookupError):
            continue
        if parent == own:
            yield int(name)


def end_orphans():
    """Until none is left: with each that ends, those that it has started come here."""
    while sys.platform == "linux":
        children = list(own_children())
        if not children:
            return
        for child in children:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)


def end_host(host):
    """Ends it with all that it has started."""
    try:
        os.killpg(host.pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        pass
    code = host.wait()
    end_orphans()
    return code


def watch(host, source, signals):
    """Waits until it has ended: (its status, its last output)."""
    output = b""
    poll = select.poll()
    poll.register(source, 0)
    poll.register(host.stderr, select.POLLIN)
    poll.register(signals.pipe, select.POLLIN)
    while not has_ended(host):
        ready = dict(poll.poll())
        if host.stderr.fileno() in ready:
            output, goes_on = read_output(host, output)
            if not goes_on:
                poll.unregister(host.stderr)
        signals.take()
        if source in ready:
            end_host(host)
            raise frames.Ended
    code = end_host(host)
    output, _ = read_output(host, output)
    host.stderr.close()
    return code, output


def how_it_ended(code):
    if code == -signal.SIGALRM:
        return "gave no answer in time and was ended"
    return f"was ended by {signal.Signals(-code).name}" if code < 0 else f"ended with status {code}"


def serve(source, target, mark, network):
    signals = Signals()
    while True:
        kind, body, limit = frames.read_frame(source)
        if kind == frames.CLOSE:
            frames.write_all(target, frames.frame(frames.DONE))
            continue
        if kind == frames.OPEN:
            begin = frames.frame(kind, body, limit)
            code, output = watch(start_host(source, target, begin, network), source, signals)
            if code == frames.CLOSED:
                continue
            lost = {"how": how_it_ended(code), "lastOutput": output.decode(errors="replace").strip()}
        else:
            lost = {"how": "is not there", "lastOutput": ""}
        frames.write_all(target, mark + frames.json_frame(frames.LOST, lost))
        # What was asked of it meanwhile is not answered any more.
        frames.skip_to(source, mark)


if __name__ == "__main__":
    # Ctrl-C reaches the whole process group: the worker decides, and closes the pipe.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    own_source, own_target = frames.own_pipes()
    adopt_orphans()
    try:
        serve(own_source, own_target, bytes.fromhex(sys.argv[1]), sys.argv[2])
    except (frames.Ended, BrokenPipeError):
        pass
    except ValueError as error:
        frames.write_all(own_target, frames.json_frame(frames.FAULT, {"code": "protocol", "message": str(error)}))
        sys.exit(2)
