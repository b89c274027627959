// The pages for a browser, in Indonesian. Small and without scripts: every form works without JavaScript.
#pragma once

#include "sandbox/aptitude_test.hpp"
#include "sandbox/wave.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace gelombang::sandbox {

const std::string& front_page();
const std::string& register_page();
const std::string& login_page();
std::string message_page(int status, std::string_view message);

struct DashboardView {
  std::string name;
  ApplicantSteps steps;
  DashboardStatus status;
};
std::string dashboard_page(const DashboardView& view);
std::string test_page(const std::vector<TestQuestion>& paper);

}  // namespace gelombang::sandbox
