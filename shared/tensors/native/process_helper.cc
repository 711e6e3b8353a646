// What the process needs from the system and JavaScript cannot get: two things, one small addon.
//
// - libtensorflow announces "oneDNN custom operations are on" from a static initialiser, before any of its own log levels
//   can be set, so every process would print it. `beginCapture()` points file descriptor 2 at an anonymous file;
//   `endCapture()` puts the real stderr back and returns what was written, so that the caller can pass on all but that
//   announcement.
// - `cpuFlags()` is the processor's instruction-set flags as /proc/cpuinfo has them. Deno gives that file only to
//   processes with every permission; a confined service must find the same profile as an unconfined command.
#include <node_api.h>
#include <sys/mman.h>
#include <unistd.h>

#include <fstream>
#include <string>

namespace {
int saved_stderr = -1;
int captured = -1;

napi_value ToJs(napi_env env, const std::string& text) {
  napi_value result;
  napi_create_string_utf8(env, text.data(), text.size(), &result);
  return result;
}

napi_value BeginCapture(napi_env env, napi_callback_info) {
  napi_value started;
  captured = memfd_create("stderr", MFD_CLOEXEC);
  saved_stderr = captured < 0 ? -1 : dup(STDERR_FILENO);
  const bool ok = saved_stderr >= 0 && dup2(captured, STDERR_FILENO) >= 0;
  napi_get_boolean(env, ok, &started);
  return started;
}

napi_value EndCapture(napi_env env, napi_callback_info) {
  std::string text;
  if (saved_stderr >= 0) {
    dup2(saved_stderr, STDERR_FILENO);
    close(saved_stderr);
    saved_stderr = -1;
  }
  if (captured >= 0) {
    char block[4096];
    lseek(captured, 0, SEEK_SET);
    for (ssize_t n; (n = read(captured, block, sizeof block)) > 0;) text.append(block, n);
    close(captured);
    captured = -1;
  }
  return ToJs(env, text);
}

// "flags : fpu vme ..." on x86, "Features : fp asimd ..." on ARM; the text after the colon, empty without such a line.
napi_value CpuFlags(napi_env env, napi_callback_info) {
  std::ifstream cpuinfo("/proc/cpuinfo");
  for (std::string line; std::getline(cpuinfo, line);) {
    if (line.rfind("flags", 0) != 0 && line.rfind("Features", 0) != 0) continue;
    const auto colon = line.find(':');
    if (colon != std::string::npos) return ToJs(env, line.substr(colon + 1));
  }
  return ToJs(env, "");
}

void Export(napi_env env, napi_value exports, const char* name, napi_callback callback) {
  napi_value function;
  napi_create_function(env, name, NAPI_AUTO_LENGTH, callback, nullptr, &function);
  napi_set_named_property(env, exports, name, function);
}
}  // namespace

NAPI_MODULE_INIT() {
  Export(env, exports, "beginCapture", BeginCapture);
  Export(env, exports, "endCapture", EndCapture);
  Export(env, exports, "cpuFlags", CpuFlags);
  return exports;
}
