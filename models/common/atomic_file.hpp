// Files that are either complete or absent: written beside the target, then renamed over it.
#pragma once

#include <filesystem>
#include <stop_token>
#include <string_view>

namespace weft {

// Replaces `path` by `bytes` at once; a reader sees the old content or the new, never a part. A
// symbolic link is followed, a dangling one refused. A pipe, a terminal, /dev/null and the
// process's own descriptors (/dev/stdout) are written in place, since they cannot be renamed over;
// a pipe waits for its reader until `stop`, and throws Stopped then. Throws ConfigError naming
// `path` when it cannot be written, as a socket or a disk cannot; then nothing of it is left
// behind.
void write_file_atomically(const std::filesystem::path& path, std::string_view bytes,
                           const std::stop_token& stop = {});

}  // namespace weft
