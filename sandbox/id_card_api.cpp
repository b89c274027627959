// The photo of the identity card: streamed in, checked on a worker, stored, then answered.
#include "sandbox/answers.hpp"
#include "sandbox/handlers.hpp"
#include "sandbox/photo_check.hpp"
#include "sandbox/unix_time.hpp"

namespace gelombang::sandbox {
namespace {

struct Accepted {
  std::string file;
  std::int64_t bytes = 0;
};

// Records the new photo. Returns the name of the photo that it replaces.
std::string record_photo(DbConnection& connection, std::int64_t account, const Accepted& photo, std::int64_t now) {
  std::string old;
  {
    Query row(connection, "SELECT photo_file FROM accounts WHERE id = ?", account);
    if (row.next() && !row.is_null(0)) old = row.text(0);
  }
  Query(connection,
        "UPDATE accounts SET photo_file = ?, photo_bytes = ?, photo_at = ?, photo_uploads = photo_uploads + 1 "
        "WHERE id = ?",
        photo.file, photo.bytes, now, account)
      .run();
  return old;
}

Response accepted_answer(const Request& request) {
  if (request.wants_html()) return redirect("/dashboard");
  boost::json::object body;
  body["status"] = "PHOTO_ACCEPTED";
  return json_response(200, body);
}

void keep_photo(Portal& portal, const Request& request, const Responder& respond) {
  const auto photo = request.upload->photo();
  const auto stored = portal.photos.store(request.account, photo, portal.faults.now().photo_quota);
  if (stored.outcome == PhotoStore::Outcome::full) {
    return respond(refuse_photo(request, 507, "storage", "Penyimpanan penuh, coba lagi nanti"));
  }
  if (stored.outcome == PhotoStore::Outcome::failed) {
    return respond(refuse_photo(request, 500, "storage", "Foto tidak dapat disimpan, coba lagi"));
  }
  const Accepted accepted{stored.file, static_cast<std::int64_t>(photo.size())};
  const std::int64_t now = unix_ms(portal.clock.wall_now());
  auto old = std::make_shared<std::string>();
  portal.database.write([account = request.account, accepted, now,
                         old](DbConnection& c) { *old = record_photo(c, account, accepted, now); },
                        [&portal, request, respond, old, file = stored.file](DbOutcome outcome) {
                          // The file that no row refers to now. If it cannot be removed, the next start does it.
                          const std::string unused = outcome == DbOutcome::ok ? *old : file;
                          if (!unused.empty())
                            (void)portal.operations.submit([&portal, unused] { portal.photos.remove(unused); });
                          respond(outcome == DbOutcome::ok ? accepted_answer(request) : database_failure(outcome));
                        });
}

// Checks the pixels, on a worker.
void judge_photo(Portal& portal, const Request& request, const Responder& respond) {
  const PhotoVerdict verdict = check_photo(request.upload->photo(), portal.faults.now().photo_limit);
  if (!verdict.accepted) return respond(refuse_photo(request, verdict.status, verdict.rule, verdict.message));
  keep_photo(portal, request, respond);
}

}  // namespace

BodyPlan plan_id_card(Portal& portal, Request& request) {
  BodyPlan plan;
  const auto boundary = MultipartParser::boundary_of(request.content_type);
  if (!boundary) {
    plan.refusal = refuse_photo(request, 415, "multipart", "Kirim foto sebagai multipart/form-data");
    return plan;
  }
  const std::uint64_t photo_limit = portal.faults.now().photo_limit;
  plan.limit = photo_limit + kMultipartOverhead;
  if (request.content_length.value_or(0) > plan.limit) {
    plan.refusal = refuse_photo(request, 413, "size", "Ukuran foto melebihi batas");
    return plan;
  }
  request.upload = std::make_shared<PhotoUpload>(*boundary, photo_limit, portal.upload_memory);
  return plan;
}

void post_id_card(Portal& portal, Request& request, const Responder& respond) {
  if (!request.upload) return respond(refuse_photo(request, 400, "multipart", "Kiriman tidak dapat dibaca"));
  switch (request.upload->outcome()) {
    case PhotoUpload::Outcome::malformed:
      return respond(refuse_photo(request, 400, "multipart", "Kiriman tidak dapat dibaca"));
    case PhotoUpload::Outcome::no_photo:
      return respond(refuse_photo(request, 422, "missing", "Foto KTP belum dipilih"));
    case PhotoUpload::Outcome::no_memory: return respond(overloaded(request));
    case PhotoUpload::Outcome::photo: break;
  }
  const bool queued = portal.workers.submit([&portal, request, respond] { judge_photo(portal, request, respond); });
  if (!queued) respond(overloaded(request));
}

}  // namespace gelombang::sandbox
