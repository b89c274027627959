#include "engine/people/feeder.hpp"

#include "base/random.hpp"
#include "base/synthetic_person.hpp"

namespace gelombang {

std::uint64_t Feed::size() const noexcept {
  if (csv) return csv->size();
  return people ? people->count : 0;
}

std::optional<std::uint64_t> Feed::row(std::uint64_t run_seed, std::uint64_t iteration) const noexcept {
  const std::uint64_t rows = size();
  if (rows == 0) return iteration;
  switch (order) {
    case FeederOrder::queue: return iteration < rows ? std::optional(iteration) : std::nullopt;
    case FeederOrder::circular: return iteration % rows;
    case FeederOrder::random: return RandomStream(run_seed, RandomPurpose::feeder, iteration).below(rows);
  }
  return std::nullopt;
}

Fields fields_of(const Feed& feed, std::uint64_t row) {
  Fields fields;
  if (feed.csv) {
    for (std::size_t i = 0; i < feed.csv->columns.size(); ++i) {
      fields.emplace_back(feed.csv->columns[i], feed.csv->field(row, i));
    }
    return fields;
  }
  const PeopleFeed& people = *feed.people;
  const SyntheticPerson person = synthetic_person(people.seed, people.first + row,
                                                  people.mail_domain.empty() ? kDefaultMailDomain : people.mail_domain);
  fields.emplace_back("index", std::to_string(person.index));
  fields.emplace_back("name", person.name);
  fields.emplace_back("email", person.email);
  fields.emplace_back("password", person.password.reveal());
  fields.emplace_back("nik", person.nik);
  fields.emplace_back("kk", person.kk);
  fields.emplace_back("birth_date", person.birth_date);
  fields.emplace_back("sex", person.female ? "female" : "male");
  return fields;
}

}  // namespace gelombang
