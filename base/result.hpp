// Result<T>: a value or an Error, for everything that can be refused before a run starts.
// A failure *during* a run is data (a Sample with an ErrorClass), never an Error.
#pragma once

#include <boost/system/result.hpp>

#include <stdexcept>
#include <string>
#include <utility>

namespace gelombang {

// One clear line for the user: where, what, what was expected. No trailing newline or full stop.
struct Error {
  std::string message;
};

[[noreturn]] inline void throw_exception_from_error(const Error& error, const boost::source_location&) {
  throw std::runtime_error(error.message);
}

template <class T>
using Result = boost::system::result<T, Error>;

}  // namespace gelombang
