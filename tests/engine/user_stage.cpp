#include "tests/engine/user_stage.hpp"

#include <stdexcept>

namespace gelombang::test {

Mailbox::ExpectationId ScriptedMail::expect(MailExpectation expectation, Done done) {
  expected.push_back(std::move(expectation));
  waiting.push_back(std::move(done));
  return waiting.size() - 1;
}

void ScriptedMail::cancel(ExpectationId id) { waiting[id](cancelled); }

UserStage::UserStage(const std::string& scenario, Answer answer)
    : answer_(std::move(answer)), server_(keep_alive([this](const std::string& request) {
        {
          const std::lock_guard lock(mutex_);
          requests_.push_back(request);
        }
        return answer_(request);
      })) {
  files_.settings.target = server_.url("");
  files_.settings.secrets["key"] = "k3y-of-the-run";
  files_.write("scenario.lua", scenario);
  vm_ = std::make_unique<LuaVm>(files_.settings, photos_);
  auto loaded = vm_->load(files_.path("scenario.lua"));
  if (loaded.has_error()) throw std::runtime_error(loaded.error().message);
  scenario_ = std::move(loaded.value());
  const auto layout = make_layout(scenario_.catalog);
  recorder_ = std::make_unique<Recorder>(layout);
  recorder_->keep_details({1000, 0, 100, 10});
  recorded_ = std::make_unique<Snapshot>(layout);
}

UserStage::~UserStage() {
  for (const auto& user : users_) user->interrupt();
  http_.run_until([this] { return busy_ == 0; }, std::chrono::seconds(5));
  users_.clear();
}

VirtualUser& UserStage::user_of(std::size_t number) {
  if (!context_) {
    context_ = std::make_unique<UserContext>(UserContext{scenario_, files_.settings, http_.clock(), http_.context(),
                                                         *vm_, http_.client(), *recorder_, has_mail ? &mail : nullptr,
                                                         [this](VirtualUser&, const PersonSample& ended) {
                                                           --busy_;
                                                           ended_ = ended;
                                                         },
                                                         [this](Activity, Activity to) { activity_ = to; }, last_try});
  }
  while (users_.size() <= number) users_.push_back(std::make_unique<VirtualUser>(*context_));
  return *users_[number];
}

void UserStage::begin(const Iteration& iteration, std::size_t user, const Fields& person) {
  ++busy_;
  user_of(user).begin(iteration, person);
}

void UserStage::play(const Iteration& iteration, std::size_t user, const Fields& person) {
  begin(iteration, user, person);
  wait_for_end();
}

void UserStage::play(std::uint64_t index, std::size_t user, const Fields& person) {
  play(iteration(index), user, person);
}

void UserStage::wait_until(const std::function<bool()>& holds) {
  if (!http_.run_until(holds)) throw std::runtime_error("what the test waits for did not come");
}

const Snapshot& UserStage::recorded() {
  recorded_->merge(recorder_->take());
  return *recorded_;
}

const StepSnapshot& UserStage::step(const std::string& name) {
  for (std::size_t id = 0; id < scenario_.catalog.steps.size(); ++id) {
    if (scenario_.catalog.steps[id].name == name) return recorded().steps[id];
  }
  throw std::runtime_error("no step " + name);
}

std::vector<OpenVisit> UserStage::under_way() {
  Snapshot delta(recorded_->layout());
  std::vector<OpenVisit> open;
  recorder_->take(delta, open);
  recorded_->merge(delta);
  return open;
}

SampledDetails UserStage::details() {
  SampledDetails details(recorded_->layout()->boundaries);
  recorder_->take(details);
  return details;
}

std::vector<std::string> UserStage::requests() const {
  const std::lock_guard lock(mutex_);
  return requests_;
}

std::string with_steps(const std::string& body) {
  return "local one, two, three = step 'one', step 'two', step 'three'\n"
         "return scenario { journeys = { visit = { run = function(person)\n" +
         body + "\nend } } }\n";
}

std::string ok(const std::string&) { return http_answer("halo"); }

}  // namespace gelombang::test
