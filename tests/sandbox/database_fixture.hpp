// A portal's database in its own directory, on a fake clock.
#pragma once

#include "sandbox/database.hpp"
#include "tests/sandbox/fake_timers.hpp"
#include "tests/support/child_process.hpp"

#include <memory>
#include <string>

namespace gelombang::test {

struct DatabaseFixture {
  TemporaryDirectory directory;
  FakeClock clock;
  FakeTimers timers{clock};
  sandbox::ConnectionPool pool{clock, timers};
  std::unique_ptr<sandbox::Database> database = sandbox::Database::open(directory.file("portal.sqlite"), pool).value();

  std::int64_t number(std::string_view sql) {
    std::int64_t value = -1;
    database->read_now([&](sandbox::DbConnection& c) {
      sandbox::Query row(c, sql);
      if (row.next()) value = row.integer(0);
    });
    return value;
  }
};

}  // namespace gelombang::test
