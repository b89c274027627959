#include "probes/http/known_address.hpp"

#include "probes/consent/remote_address.hpp"

namespace gelombang {

const RemoteAddress& KnownAddress::read(std::string_view text, std::uint16_t port) {
  if (text != text_ || port != address_.port) {
    text_ = text;
    address_ = remote_address(text, port).value_or(RemoteAddress{});
  }
  return address_;
}

}  // namespace gelombang
