#include "probes/http/transfer_context.hpp"

#include "probes/http/transfer.hpp"

#include <utility>

namespace gelombang {
namespace {

constexpr std::size_t kSpareDecoders = 16;  // some 60 KB each

}  // namespace

void TransferContext::begin_turn() noexcept {
  body_allowance = kBodyPerTurn;
  tls_reads.begin_round();
}

void TransferContext::request_written(TimePoint now) {
  Transfer* const transfer = std::exchange(handing_over, nullptr);
  if (transfer == nullptr || transfer->hop.streamed) return;
  if (transfer->hop.body.empty()) {  // in the kernel once libcurl goes on to something else
    transfer->hop.note_sent(now);
  } else {
    read_out.push_back(transfer);
  }
}

std::unique_ptr<HttpDecoder> TransferContext::lend_decoder() {
  if (spare_decoders.empty()) return std::make_unique<HttpDecoder>();
  std::unique_ptr<HttpDecoder> decoder = std::move(spare_decoders.back());
  spare_decoders.pop_back();
  return decoder;
}

void TransferContext::give_back(std::unique_ptr<HttpDecoder> decoder) {
  if (decoder && spare_decoders.size() < kSpareDecoders) spare_decoders.push_back(std::move(decoder));
}

}  // namespace gelombang
