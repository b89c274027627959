#include "app/given_options.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>

namespace gelombang {

void GivenOptions::add(CLI::App& command, Given& given) const {
  const RequestOption& row = *given.row;
  const std::string name(row.name);
  const std::string help(row.help);
  switch (row.takes) {
    case RequestOption::Takes::nothing: given.option = command.add_flag(name, given.flag, help); break;
    case RequestOption::Takes::texts:
      given.option = command.add_option(name, given.texts, help)->take_all()->allow_extra_args(false);
      break;
    case RequestOption::Takes::text:
    case RequestOption::Takes::number:
      if (const auto usual = row.write(defaults_); row.shows_default && !usual.empty()) given.text = usual.front();
      given.option = command.add_option(name, given.text, help);
      if (row.shows_default) given.option->capture_default_str();
      if (row.takes == RequestOption::Takes::number) given.option->type_name("UINT");
      break;
  }
  if (name.front() != '-') given.option->required();
}

void GivenOptions::add_to(CLI::App& command, std::initializer_list<RequestOption::Group> groups) {
  for (const RequestOption& row : request_options()) {
    if (std::find(groups.begin(), groups.end(), row.group) == groups.end()) continue;
    add(command, given_.emplace_back(Given{&row, nullptr, {}, {}, false}));
  }
  CLI::Option* const history = command.get_option_no_throw("--history");
  if (history != nullptr) command.get_option("--no-history")->excludes(history);
}

ReadRequest GivenOptions::read() const {
  ReadRequest read{defaults_, std::nullopt};
  for (const Given& given : given_) {
    if (given.option->count() == 0) continue;
    if (given.row->takes == RequestOption::Takes::nothing && !given.flag) continue;
    const std::vector<std::string> texts =
        given.row->takes == RequestOption::Takes::texts ? given.texts : std::vector<std::string>{given.text};
    for (const std::string& text : texts) {
      const auto done = given.row->read(read.request, given.row->name, text);
      if (!done && !read.problem) read.problem = done.error();
    }
  }
  return read;
}

}  // namespace gelombang
