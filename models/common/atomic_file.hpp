// Files that are either complete or absent: written beside the target, then renamed over it.
#pragma once

#include <filesystem>
#include <string_view>

namespace weft {

// Replaces `path` by `bytes` at once; a reader sees the old content or the new, never a part. A symbolic link is
// followed, a dangling one refused. What is not a regular file (a pipe, /dev/null) is written in place, since it cannot be
// renamed over. Throws ConfigError naming `path` when it cannot be written; then nothing of it is left behind.
void write_file_atomically(const std::filesystem::path& path, std::string_view bytes);

}  // namespace weft
