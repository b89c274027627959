#include "sandbox/pages.hpp"

#include "sandbox/http_message.hpp"

#include <fmt/format.h>

namespace gelombang::sandbox {
namespace {

std::string page(std::string_view title, std::string_view body) {
  return fmt::format(
      R"(<!doctype html>
<html lang="id">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{0}</title>
<style>
body {{ font-family: sans-serif; max-width: 34rem; margin: 2rem auto; padding: 0 1rem; color: #222 }}
label {{ display: block; margin: .8rem 0 }} input {{ display: block; padding: .4rem; width: 100%; max-width: 20rem }}
input[type=checkbox], input[type=radio] {{ display: inline; width: auto }} button {{ padding: .5rem 1rem }}
.note {{ background: #fff3c4; padding: .5rem .8rem; font-size: .9rem }}
</style>
</head>
<body>
<p class="note">Portal tiruan untuk uji beban. Bukan situs resmi; jangan masukkan data asli.</p>
<h1>{0}</h1>
{1}
</body>
</html>
)",
      title, body);
}

std::string step_line(std::string_view text, bool done) {
  return fmt::format("<li>{} {}</li>\n", done ? "&#10003;" : "&#9675;", text);
}

std::string next_form(const DashboardView& view) {
  const std::string_view next = view.steps.next();
  if (next == "identity") {
    return R"(<form method="post" action="/api/identity">
<label>NIK <input name="nik" inputmode="numeric" maxlength="16" required></label>
<label>Nomor KK <input name="kk" inputmode="numeric" maxlength="16" required></label>
<label>Tanggal lahir <input name="birth_date" type="date" required></label>
<button>Berikutnya</button>
</form>)";
  }
  if (next == "id_card") {
    return R"(<form method="post" action="/api/id-card" enctype="multipart/form-data">
<label>Foto KTP, JPEG atau PNG, kurang dari 2 MB <input name="photo" type="file" accept="image/jpeg,image/png"
 required></label>
<button>Unggah foto</button>
</form>)";
  }
  if (next == "aptitude_test") return R"(<p><a href="/api/aptitude-test">Mulai Tes Sekarang</a></p>)";
  if (view.status.code == "READY_TO_JOIN" || view.status.code == "NOT_SELECTED") {
    return R"(<form method="post" action="/api/waves/current/join"><button>Gabung</button></form>)";
  }
  return {};
}

}  // namespace

const std::string& front_page() {
  static const std::string text = page("Kartu Prakerja", R"(<p>Pendaftaran gelombang.</p>
<p><a href="/daftar">Daftar Sekarang</a> &middot; <a href="/masuk">Masuk</a></p>)");
  return text;
}

const std::string& register_page() {
  static const std::string text = page("Daftar", R"(<form method="post" action="/api/accounts">
<label>Email <input name="email" type="email" autocomplete="email" required></label>
<label>Nama lengkap <input name="name" autocomplete="name"></label>
<label>Password (Gunakan 6 karakter atau lebih) <input name="password" type="password" minlength="6" required></label>
<label>Ulangi password <input name="password_confirmation" type="password" minlength="6" required></label>
<label><input name="agree_terms" type="checkbox" value="true" required> Saya menyetujui syarat dan ketentuan</label>
<button>Daftar</button>
</form>
<p>Sudah punya akun? <a href="/masuk">Masuk</a></p>)");
  return text;
}

const std::string& login_page() {
  static const std::string text = page("Masuk", R"(<form method="post" action="/api/sessions">
<label>Email <input name="email" type="email" autocomplete="email" required></label>
<label>Password <input name="password" type="password" autocomplete="current-password" required></label>
<button>Masuk</button>
</form>
<form method="post" action="/api/accounts/verification">
<p>Email verifikasi belum masuk? Selain di inbox, coba cek spam.</p>
<label>Email <input name="email" type="email" required></label>
<button>Kirim ulang</button>
</form>
<p>Belum punya akun? <a href="/daftar">Daftar</a></p>)");
  return text;
}

std::string message_page(int status, std::string_view message) {
  return page(status < 400 ? "Kartu Prakerja" : "Terjadi kendala",
              fmt::format("<p>{}</p>\n<p><a href=\"/\">Kembali ke halaman depan</a></p>", html_escape(message)));
}

std::string dashboard_page(const DashboardView& view) {
  std::string body = fmt::format("<p>Halo {}.</p>\n<p id=\"status\" data-status=\"{}\"><strong>{}</strong></p>\n<ul>\n",
                                 html_escape(view.name), view.status.code, view.status.text);
  body += step_line("Verifikasi email", true);
  body += step_line("Data KTP", view.steps.identity);
  body += step_line("Foto KTP", view.steps.id_card);
  body += step_line("Tes motivasi dan kemampuan dasar", view.steps.aptitude_test);
  body += "</ul>\n";
  body += next_form(view);
  return page("Dashboard", body);
}

std::string test_page(const std::vector<TestQuestion>& paper) {
  std::string body = "<form method=\"post\" action=\"/api/aptitude-test\">\n<ol>\n";
  for (std::size_t i = 0; i < paper.size(); ++i) {
    body += fmt::format("<li>{}\n", html_escape(paper[i].text));
    for (std::size_t option = 0; option < kTestOptions; ++option) {
      body += fmt::format("<label><input name=\"answer_{}\" type=\"radio\" value=\"{}\" required> {}</label>\n", i + 1,
                          option, html_escape(paper[i].options[option]));
    }
    body += "</li>\n";
  }
  body += "</ol>\n<button>Kirim jawaban</button>\n</form>";
  return page("Tes motivasi dan kemampuan dasar", body);
}

}  // namespace gelombang::sandbox
