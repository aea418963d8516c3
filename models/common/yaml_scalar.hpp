// Scalars as the emitters of YAML 1.1 and 1.2 write them. What the two read alike is read; where
// they differ, nothing is guessed: the value is refused with the cause.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace weft::config {

// 1024, 4K, 16MiB, 940e6, 0.5, and YAML's further forms: 1_000, 0x1F, 0o17, 0b101. Nothing for
// anything else, 017 and 1:30 among it. Without a sign of their own, infinities and NaN are no
// numbers here.
std::optional<double> yaml_number(std::string_view text);

// Why a plain scalar that looks like a number is none: "; a number that begins with 0 is …". ""
// where there is no more to say.
std::string number_trouble(std::string_view text);

// true, yes and on, false, no and off, all small, capitalised or all capital.
std::optional<bool> yaml_bool(std::string_view text);

// .inf, .Inf, .INF or inf, with a sign or none.
std::optional<double> yaml_infinity(std::string_view text);

}  // namespace weft::config
