// The decision of progressive quantisation: probabilities that were made from upper bits alone are
// passed on where their row's largest is confident enough; else they are dropped, the lower bits
// are asked for, and the row goes back to be computed with them. docs/units/quant/confidence.md.
#pragma once

#include <cstdint>

#include "sim/common/beat_pipeline.hpp"

namespace weft::sim::quant {

class Confidence : public BeatPipeline {
 public:
  explicit Confidence(RowKernels* kernels) : BeatPipeline(1, 2), kernels_(kernels) {}

  const UnitClass& unit_class() const override;
  void list_ports(PortList& ports) override;
  void fingerprint(StateWords& out) const override {
    BeatPipeline::fingerprint(out);
    out.word(sent_);
  }

 protected:
  Cycle take(const RowBeat& beat) override;
  bool give(Cycle now, const RowBeat& beat) override;

 private:
  bool ask_lower(Cycle now, const QueryRow& row);
  // Offers what goes to one end, once.
  template <class Message>
  bool offer(Cycle now, unsigned end, Out<Message>& out, const Message& message);

  RowKernels* kernels_;
  Out<RowBeat> out_;         // to the value pruner
  Out<RowBeat> importance_;  // to the token importance
  Out<RowToken> decided_;    // rows whose keys are no longer needed
  Out<RowToken> recompute_;  // rows to be computed again
  Out<FetchPart> lower_;     // and the lower bits that they need
  unsigned sent_ = 0;        // ends that have taken the beat in hand
};

}  // namespace weft::sim::quant
