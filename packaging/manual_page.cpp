#include "packaging/manual_page.hpp"

#include <fmt/format.h>

#include <sstream>
#include <string_view>

namespace gelombang {
namespace {

// Escapes everything that has a meaning in roff. A hyphen becomes one that can be copied into a shell.
std::string plain(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    if ((c == '.' || c == '\'') && (escaped.empty() || escaped.back() == '\n')) escaped += "\\&";
    if (c == '\\') {
      escaped += "\\e";
    } else if (c == '-') {
      escaped += "\\-";
    } else {
      escaped += c;
    }
  }
  return escaped;
}

std::string bold(std::string_view text) { return "\\fB" + plain(text) + "\\fR"; }
std::string italic(std::string_view text) { return "\\fI" + plain(text) + "\\fR"; }

// The end of --help, split into the sections of a manual page.
struct Footer {
  std::string prose;
  std::string exit_codes;
  std::string examples;
};

// Indented lines stay as they are and keep their line breaks.
std::string paragraph(const std::string& lines) {
  std::string text;
  bool literal = false;
  std::istringstream in(lines);
  for (std::string line; std::getline(in, line);) {
    const bool indented = line.starts_with("  ");
    if (indented != literal) text += indented ? ".PP\n.nf\n" : ".fi\n.PP\n";
    literal = indented;
    text += plain(indented ? line.substr(2) : line) + "\n";
  }
  return literal ? text + ".fi\n" : text;
}

Footer read_footer(const std::string& footer) {
  constexpr std::string_view kExitCodes = "Exit codes: ";
  Footer read;
  std::istringstream in(footer);
  std::string* where = &read.prose;
  for (std::string line; std::getline(in, line);) {
    if (line == "Example:" || line == "Examples:") {
      where = &read.examples;
      continue;
    }
    if (line.empty()) {
      where = &read.prose;
      if (!read.prose.empty()) read.prose += ".PP\n";
      continue;
    }
    if (line.starts_with(kExitCodes)) {
      where = &read.exit_codes;
      line.erase(0, kExitCodes.size());
    }
    *where += line + "\n";
  }
  return read;
}

// A ".PP" line separates two paragraphs. The text of a paragraph never has such a line.
std::string paragraphs(const std::string& prose) {
  std::string text;
  std::string current;
  std::istringstream in(prose);
  for (std::string line; std::getline(in, line);) {
    if (line != ".PP") {
      current += line + "\n";
      continue;
    }
    if (!current.empty()) text += ".PP\n" + paragraph(current);
    current.clear();
  }
  return current.empty() ? text : text + ".PP\n" + paragraph(current);
}

std::string synopsis(const CommandText& command) {
  std::string text = bold(command.line()) + " [" + italic("OPTIONS") + "]";
  if (!command.commands.empty()) text += " " + italic("COMMAND");
  for (const ArgumentText& argument : command.arguments) text += " " + italic(argument.name);
  return text + "\n";
}

std::string listed(const std::vector<OptionText>& options) {
  std::string text;
  for (const OptionText& option : options) {
    std::string names;
    for (const std::string& name : option.names) names += (names.empty() ? "" : ", ") + bold(name);
    text += ".TP\n" + names + (option.takes.empty() ? "" : " " + plain(option.takes)) + "\n" +
            plain(option.description) + "\n";
  }
  return text;
}

std::string listed(const std::vector<ArgumentText>& arguments) {
  std::string text;
  for (const ArgumentText& argument : arguments) {
    text += ".TP\n" + italic(argument.name) + " " + plain(argument.takes) + "\n" + plain(argument.description) + "\n";
  }
  return text;
}

std::string section(std::string_view title, const std::string& text) {
  return text.empty() ? std::string() : fmt::format(".SH {}\n{}", title, text);
}

// The commands below a command, each with the text of its own --help.
std::string below(const CommandText& command) {
  std::string text;
  for (const CommandText& one : command.commands) {
    const Footer footer = read_footer(one.footer);
    text += ".SS " + plain(one.line()) + "\n" + synopsis(one) + ".PP\n" + plain(one.description) + "\n" +
            paragraphs(footer.prose) + listed(one.arguments) + listed(one.options);
    if (!footer.examples.empty()) text += paragraph(footer.examples);
  }
  return text;
}

// What whatis shows after the name: the description without the name and without a full stop.
std::string summary(const CommandText& command) {
  std::string text = command.description;
  if (text.starts_with(command.line() + " ")) text.erase(0, command.line().size() + 1);
  if (text.ends_with('.')) text.pop_back();
  return text;
}

std::string overview(const CommandText& program) {
  std::string text;
  for (const CommandText& one : program.commands) {
    text += ".TP\n" + bold(one.words.back()) + "\n" + plain(summary(one)) + "; see " + bold(one.joined('-')) + "(1)\n";
  }
  return text;
}

std::string see_also(const CommandText& program, const CommandText& command) {
  std::string text;
  for (const CommandText* one : every_command(program)) {
    if (one == &command || one->words.size() > 2) continue;
    text += (text.empty() ? "" : ",\n") + bold(one->joined('-')) + "(1)";
  }
  return text.empty() ? text : text + "\n";
}

ManualPage page(const CommandText& program, const CommandText& command, const std::string& version,
                const std::string& date) {
  const bool whole = &program == &command;
  const Footer footer = read_footer(command.footer);
  const std::string name = command.joined('-');
  std::string text = fmt::format(".TH \"{}\" 1 \"{}\" \"{} {}\" \"User Commands\"\n.nh\n.ad l\n", plain(name), date,
                                 program.words.front(), version);
  text += section("NAME", plain(name) + " \\- " + plain(summary(command)) + "\n");
  text += section("SYNOPSIS", synopsis(command));
  text += section("DESCRIPTION", plain(command.description) + "\n" + paragraphs(footer.prose));
  text += section("ARGUMENTS", listed(command.arguments));
  text += section("OPTIONS", listed(command.all_options()));
  text += section("COMMANDS", whole ? overview(program) : below(command));
  text += section("EXIT STATUS", plain(footer.exit_codes));
  text += section("EXAMPLES", footer.examples.empty() ? "" : paragraph(footer.examples));
  text += section("SEE ALSO", see_also(program, command));
  return {name, text};
}

}  // namespace

std::vector<ManualPage> manual_pages(const CommandText& program, const std::string& version, const std::string& date) {
  std::vector<ManualPage> pages = {page(program, program, version, date)};
  for (const CommandText& command : program.commands) pages.push_back(page(program, command, version, date));
  return pages;
}

}  // namespace gelombang
