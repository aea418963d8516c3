// Schedules one after another on one engine: when the second may begin while the first has work
// left. They fire the same steps with the same needs, differ in shape alone, and what the buffer
// holds of both at once fits.
#pragma once

#include <cstdint>

#include "models/engine/schedule/schedule.hpp"

namespace weft::engine {

// Schedules in their order, each made when it is asked for.
class ScheduleStream {
 public:
  virtual ~ScheduleStream() = default;
  // The next one, which lives as long as the stream; nullptr behind the last, or where the next
  // rests on what is not complete. `complete`: everything before it is.
  virtual const Schedule* next(bool complete) = 0;
  // Whether each waits for everything before it, though it could go on without a pause.
  virtual bool drains() const { return false; }
  // Of all that are to come from the beginning on, how many are expected; 0 where that is not
  // known. For progress alone.
  virtual std::int64_t expected() const { return 0; }
};

// Whether `after` can follow without a pause. Schedules of several groups cannot: groups drain.
bool continues(const Schedule& before, const Schedule& after);

}  // namespace weft::engine
