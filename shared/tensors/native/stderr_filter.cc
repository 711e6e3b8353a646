// Catches what libtensorflow writes to stderr while it is being loaded.
//
// libtensorflow announces "oneDNN custom operations are on" from a static initialiser, before any of its own log levels
// can be set, so every process would print it. `begin()` points file descriptor 2 at an anonymous file; `end()` puts the
// real stderr back and returns what was written, so that the caller can pass on all but that announcement.
#include <node_api.h>
#include <sys/mman.h>
#include <unistd.h>

#include <string>

namespace {
int saved_stderr = -1;
int captured = -1;

napi_value Begin(napi_env env, napi_callback_info) {
  napi_value started;
  captured = memfd_create("stderr", MFD_CLOEXEC);
  saved_stderr = captured < 0 ? -1 : dup(STDERR_FILENO);
  const bool ok = saved_stderr >= 0 && dup2(captured, STDERR_FILENO) >= 0;
  napi_get_boolean(env, ok, &started);
  return started;
}

napi_value End(napi_env env, napi_callback_info) {
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
  napi_value result;
  napi_create_string_utf8(env, text.data(), text.size(), &result);
  return result;
}
}  // namespace

NAPI_MODULE_INIT() {
  napi_value begin, end;
  napi_create_function(env, "begin", NAPI_AUTO_LENGTH, Begin, nullptr, &begin);
  napi_create_function(env, "end", NAPI_AUTO_LENGTH, End, nullptr, &end);
  napi_set_named_property(env, exports, "begin", begin);
  napi_set_named_property(env, exports, "end", end);
  return exports;
}
