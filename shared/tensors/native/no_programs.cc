// Linked into every addon of ours: a process that is started with CUGRO_CONFINED=on can start no program from the moment
// one of them is loaded, and take nothing out of another process by system calls made for that. What it may open as a
// file (another process of the same user under /proc among them) is held by its user and its container alone.
//
// Deno's --allow-ffi names the only libraries that may be loaded, and yet is no limit to what they can be made to do: a
// symbol is looked up in a library and all that it depends on, so `Deno.dlopen(<the binding>)` gives out libc's system().
// Hence a filter of system calls, for all threads and for good, put in place by the loading itself, before any symbol can
// be asked for. Whether it applies is the starting process's decision: a confined process may not change that variable.
// Not on a GPU: its driver starts helper programs.
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace {
#if defined(__x86_64__)
constexpr unsigned kArchitecture = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
constexpr unsigned kArchitecture = AUDIT_ARCH_AARCH64;
#endif

#define LOAD(field) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define ANSWER(value) BPF_STMT(BPF_RET | BPF_K, value)
#define REFUSE(call) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, call, 0, 1), ANSWER(SECCOMP_RET_ERRNO | EPERM)

__attribute__((constructor)) void AllowNoPrograms() {
  const char* confined = getenv("CUGRO_CONFINED");
  if (confined == nullptr || strcmp(confined, "on") != 0) return;
  sock_filter filter[] = {
      // Calls of another architecture have other numbers.
      LOAD(arch),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, kArchitecture, 1, 0),
      ANSWER(SECCOMP_RET_ERRNO | EPERM),
      LOAD(nr),
#if defined(__x86_64__)
      BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 0x40000000, 0, 1),
      ANSWER(SECCOMP_RET_ERRNO | EPERM),
      REFUSE(__NR_fork),
      REFUSE(__NR_vfork),
#endif
      REFUSE(__NR_execve),
      REFUSE(__NR_execveat),
      REFUSE(__NR_ptrace),
      REFUSE(__NR_process_vm_readv),
      REFUSE(__NR_process_vm_writev),
      REFUSE(__NR_kcmp),
      REFUSE(__NR_bpf),
      REFUSE(__NR_perf_event_open),
      REFUSE(__NR_userfaultfd),
#ifdef __NR_io_uring_setup
      // It does what it is asked for past every filter.
      REFUSE(__NR_io_uring_setup),
#endif
#ifdef __NR_pidfd_getfd
      REFUSE(__NR_pidfd_getfd),
#endif
#ifdef __NR_process_madvise
      REFUSE(__NR_process_madvise),
#endif
      // Its flags lie in memory, where no filter sees them; without it, libc makes threads by clone.
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_clone3, 0, 1),
      ANSWER(SECCOMP_RET_ERRNO | ENOSYS),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_clone, 1, 0),
      ANSWER(SECCOMP_RET_ALLOW),
      LOAD(args[0]),
      BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, CLONE_THREAD, 1, 0),
      ANSWER(SECCOMP_RET_ERRNO | EPERM),
      ANSWER(SECCOMP_RET_ALLOW),
  };
  const sock_fprog program = {sizeof filter / sizeof filter[0], filter};
  // Older kernels slow a filtered process down against attacks between processes' predictions; ours runs nobody else's code.
  const auto apply = [&program](unsigned flags) {
    return syscall(__NR_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC | flags, &program) == 0;
  };
  const bool applied = prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
                       (apply(SECCOMP_FILTER_FLAG_SPEC_ALLOW) || apply(0));
  // Half confined would look confined.
  if (applied) return;
  static const char kWhy[] = "CUGRO_CONFINED=on needs seccomp filters, which this system refuses: set CUGRO_CONFINED=off\n";
  if (write(STDERR_FILENO, kWhy, sizeof kWhy - 1) < 0) _exit(1);
  _exit(1);
}
}  // namespace
