// Which links a mail program opens: one row for each way to write a link.
#include "probes/mail/links.hpp"
#include "probes/mail/message.hpp"
#include "probes/mail/url.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/child_process.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace gelombang::test {
namespace {

struct Row {
  std::string text;  // after the words "Verify my account"
  std::string url;
};

std::string link_of(const std::string& headers, const std::string& body) {
  const MailMessage mail = parse_mail("To: a@t\r\nMIME-Version: 1.0\r\n" + headers + "\r\n" + body + "\r\n");
  return find_link(mail.links, "Verify my account");
}

std::string in_html(const std::string& html) { return link_of("Content-Type: text/html; charset=utf-8\r\n", html); }

constexpr const char* kPlain = "Content-Type: text/plain; charset=utf-8\r\n";

}  // namespace

TEST_CASE("mail links: where an address ends in plain text") {
  const std::string url = "https://portal.test/v?t=1";
  const std::vector<Row> rows{
      {": " + url + "_", url + "_"},
      {": " + url + "__\r\n", url + "__"},
      {": " + url + "*", url + "*"},
      {": " + url + "-", url + "-"},
      {": " + url + "~", url + "~"},
      {": " + url + "=", url + "="},
      {": " + url + "/", url + "/"},
      {": " + url + "&", url + "&"},
      {": " + url + "+", url + "+"},
      {": " + url + "$", url + "$"},
      {": " + url + "@", url + "@"},
      {": " + url + "%", url + "%"},
      {": https://portal.test/v?n=O'Neil&t=1", "https://portal.test/v?n=O%27Neil&t=1"},
      {": https://portal.test/O'Neil/1", "https://portal.test/O'Neil/1"},
      {": " + url + ".", url},
      {": " + url + "...", url},
      {": " + url + ", then log in", url},
      {": " + url + "; then", url},
      {": " + url + ":", url},
      {": " + url + "!", url},
      {": " + url + "?", url},
      {": https://portal.test/v?", "https://portal.test/v"},
      {": https://portal.test/a.b,c;d:e!f?g=h", "https://portal.test/a.b,c;d:e!f?g=h"},
      {" (" + url + ")", url},
      {" (" + url + ").", url},
      {" (here: " + url + ").", url},
      {" [" + url + "],", url},
      {" {" + url + "}", url},
      {": https://portal.test/a_(b)", "https://portal.test/a_(b)"},
      {" (https://portal.test/a_(b))", "https://portal.test/a_(b)"},
      {": https://portal.test/?a[]=1&b[]", "https://portal.test/?a[]=1&b[]"},
      {": https://portal.test/{a}", "https://portal.test/%7Ba%7D"},
      {" \"" + url + "\".", url},
      {" '" + url + "'.", url},
      {" '" + url + ".'", url},
      {" `" + url + "`", url},
      {" *" + url + "*", url},
      {" **" + url + "**", url},
      {" _" + url + "_.", url},
      {" _" + url + "__", url + "_"},
      {" |" + url + "|", url},
      {" \u201c" + url + "\u201d", url},
      {" \u00ab" + url + "\u00bb", url},
      {"\uff1a" + url + "\u3002", url},
      {"\u300c" + url + "\u300d", url},
      {": " + url + "\u00a0next", url},
      {": " + url + "\u200b", url},
      {": " + url + "\u2026", url},
      {": https://portal.test/caf\u00e9?n=\u7530", "https://portal.test/caf%C3%A9?n=%E7%94%B0"},
      {": " + url + "<br>", url},
      {": " + url + "\tnext", url},
      {": HTTPS://PORTAL.TEST/v?t=1", url},
      {": Http://portal.test/v", "http://portal.test/v"},
      {": www.portal.test/v", "http://www.portal.test/v"},
      {": WWW.portal.test/v.", "http://www.portal.test/v"},
      {": a@www.portal.test", ""},
      {": www.", ""},
      {": awww.portal.test", ""},
      {": http://", ""},
      {": http://portal.test:99999/v", ""},
      {": http://budi:rahasia@portal.test/v", "http://portal.test/v"},
      {": https://portal.test/v?next=https://portal.test/home", "https://portal.test/v?next=https://portal.test/home"},
  };
  for (const Row& row : rows) {
    INFO(row.text);
    CHECK(link_of(kPlain, "Verify my account" + row.text) == row.url);
  }
}

TEST_CASE("mail links: inside angle brackets line breaks and blanks do not count, and all else does") {
  const std::string url = "https://portal.test/v?t=1";
  const std::vector<Row> rows{
      {" <" + url + ">", url},
      {" <" + url + ".>", url + "."},
      {" <" + url + "!?>", url + "!?"},
      {" <" + url + ",;:>", url + ",;:"},
      {" <https://portal.test/a)]}>", "https://portal.test/a)]%7D"},
      {" <" + url + "*>.", url + "*"},
      {" <" + url + "'>", url + "%27"},
      {":\r\n<https://portal.test/v?\r\nt=1>", url},
      {":\r\n<https://portal.test/\r\n  v?t\r\n  =1>", url},
      {": <https://portal.test/v?t =\t1 >", url},
      {": < " + url + " >", url},
      {": <\r\n" + url + "\r\n>", url},
      {": <URL:" + url + ">", url},
      {": <url: https://portal.test/\r\nv?t=1>", url},
      {": <HTTPS://portal.test/\nv?t=1>", url},
      {": <www.portal.test/\nv>", "http://www.portal.test/v"},
      // The bracket does not close in time.
      {": <" + url + "\r\nYours", url},
      {": <" + url + "\r\n\r\nYours >", url},
      {": <" + url + " <b>", url},
      {": 3 > 2 " + url + ".", url},
      {": here " + url + ".>", url + "."},
  };
  for (const Row& row : rows) {
    INFO(row.text);
    CHECK(link_of(kPlain, "Verify my account" + row.text) == row.url);
  }
}

TEST_CASE("mail links: folded and flowed lines are put together first") {
  const std::string flowed = "Content-Type: text/plain; charset=utf-8; format=flowed\r\n";
  const std::string del_sp = "Content-Type: text/plain; Format=\"Flowed\"; DelSp=Yes\r\n";
  const std::string url = "https://portal.test/v?t=1";
  CHECK(link_of(del_sp, "Verify my account: https://portal.test \r\n/v? \r\nt=1\r\nYours") == url);
  CHECK(link_of(del_sp, "Verify my  \r\naccount: https://portal.test/v \r\n?t=1") == url);
  CHECK(link_of(flowed, "Verify my \r\naccount: https://portal.test/v?t=1 \r\nYours") == url);
  CHECK(link_of(flowed, "Verify my account: <https://portal.test/v? \r\nt=1>") == url);
  CHECK(link_of(flowed, "Verify my account:\r\n https://portal.test/v?t=1\r\n") == url);
  CHECK(link_of(kPlain, "Verify my account: https://portal.test/v?t=1 \r\nYours") == url);
  const std::string qp = "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n";
  CHECK(link_of(qp, "Verify my account: https://portal.test/v=\r\n?t=3D1") == url);
  CHECK(link_of("Content-Type: text/plain\r\nContent-Transfer-Encoding: base64\r\n",
                "VmVyaWZ5IG15IGFjY291bnQ6IGh0dHBzOi8v\r\ncG9ydGFsLnRlc3Qvdj90PTE=") == url);

  CHECK(unflowed("a \r\nb\r\nc", false) == "a b\nc\n");
  CHECK(unflowed("a \nb", true) == "ab\n");
  CHECK(unflowed(" >a \n b\n", false) == ">a b\n");
  CHECK(unflowed(">a \n>b \nc\n", false) == ">a b \nc\n");
  CHECK(unflowed("> a \n> b\n", false) == ">a b\n");
  CHECK(unflowed("a \n-- \nb", true) == "a\n-- \nb\n");
  CHECK(unflowed("", false).empty());
  CHECK(unflowed("a ", false) == "a ");
}

TEST_CASE("mail links: what stands in an href is mended as browsers do it") {
  const std::string url = "https://portal.test/v?t=1";
  const std::vector<Row> rows{
      {"https://portal.test/v?t=1&amp;n=Budi Santoso", url + "&n=Budi%20Santoso"},
      {"https://portal.test/v?t=1&n=Budi", url + "&n=Budi"},
      {"https://portal.test/v?t=1&copy=2&lang=id&amp=3", url + "&copy=2&lang=id&amp=3"},
      {"&#104;ttps://portal.test/v?t&#x3D;1", url},
      {"https://portal.test/\r\n\tv?t=1", url},
      {" https://portal.test/v?t=1 ", url},
      {"HTTPS://portal.test/v?t=1", url},
      {"https:\\\\portal.test\\v?t=1", url},
      {"https://portal.test/v?n=&eacute;", "https://portal.test/v?n=%C3%A9"},
      {"https://portal.test/v?n=O'Neil_*.", "https://portal.test/v?n=O%27Neil_*."},
      {"https://budi:pw@portal.test/v?t=1", url},
      {"https://portal.test:0443/v?t=1", url},
      {"https://portal.test:99999/v", ""},
      {"https://portal.test:0/v", ""},
      {"https:///", ""},
      {"data:text/html,x", ""},
      {"//portal.test/v", ""},
      {"", ""},
  };
  for (const Row& row : rows) {
    INFO(row.text);
    CHECK(in_html("<p><a href=\"" + row.text + "\">Verify my account</a></p>") == row.url);
  }
}

TEST_CASE("mail links: a base makes relative addresses whole") {
  const std::string link = "<a href=\"v?t=1\">Verify my account</a>";
  CHECK(in_html("<head><base href=\"https://portal.test/a/\"></head>" + link) == "https://portal.test/a/v?t=1");
  CHECK(in_html("<base href=\"https://portal.test/a/b\"><base href=\"https://other.test/\">" + link) ==
        "https://portal.test/a/v?t=1");
  CHECK(in_html("<base target=_blank>" + link).empty());
  CHECK(in_html("<!-- <base href=\"https://portal.test/\"> -->" + link).empty());
}

TEST_CASE("mail links: HTML that is not shown holds no link, and addresses beside anchors count") {
  const std::string url = "https://portal.test/v?t=1";
  const std::string link = "<a href=\"" + url + "\">Verify my account</a>";
  CHECK(in_html("<!-- " + link + " -->").empty());
  CHECK(in_html("<!--[if mso]>" + link + "<![endif]-->").empty());
  CHECK(in_html("<!--[if !mso]><!-->" + link + "<!--<![endif]-->") == url);
  CHECK(in_html("<![if !mso]>" + link + "<![endif]>") == url);
  CHECK(in_html("<style>Verify my account " + url + "</style>").empty());
  CHECK(in_html("<script>var a = 'Verify my account " + url + "'</script>").empty());
  CHECK(in_html("<p>Verify my account: " + url + "</p><p>Yours</p>") == url);
  CHECK(in_html("<p>Verify my account:<br>" + url + ".</p>") == url);
  CHECK(in_html("<p>Verify my account: " + url + "<br>Yours") == url);
  CHECK(in_html("<p>Verify my account: <a href=\"javascript:x\">" + url + "</a>").empty());
  CHECK(in_html("<p>Verify my account: " + url + "&amp;n=2</p>" + "<a href=https://x.test/>Home</a>") == url + "&n=2");
  // An anchor has priority.
  CHECK(in_html("<p>Verify my account: https://x.test/</p>" + link) == url);
}

TEST_CASE("mail links: a part of an image is a link as well, called by its alt") {
  const std::string url = "https://portal.test/v?t=1";
  const auto map = [](const std::string& area) { return in_html("<img usemap=#m><map name=m>" + area + "</map>"); };
  CHECK(map("<area shape=default href=\"" + url + "\" alt=\"Verify my Account\">") == url);
  CHECK(map("<area href=https://x.test/ alt=Home><AREA alt='Verify&nbsp;my account' HREF='" + url + "'/>") == url);
  CHECK(in_html("<base href=https://portal.test/a><map><area href='v?t=1' alt='Verify my account'></map>") == url);
  CHECK(map("<area href=\"" + url + "\">Verify my account").empty());
  CHECK(map("<area alt='Verify my account'>").empty());
  CHECK(map("<area href=javascript:x alt='Verify my account'>").empty());
  // An area neither ends an anchor nor adds to its text.
  CHECK(in_html("<a href=" + url + ">Verify <area href=https://x.test/ alt=my>my account</a>") == url);
}

TEST_CASE("mail links: the seeds of their fuzz target give links that are asked for as they stand") {
  std::size_t links_found = 0;
  for (const auto& file : std::filesystem::directory_iterator(GELOMBANG_SOURCE_DIR "/tests/fuzz_corpus/mail_links")) {
    INFO(file.path());
    const std::string text = read_file(file.path().string());
    std::vector<MailLink> links;
    collect_html_links(text, links);
    collect_plain_links(text, links);
    for (const MailLink& link : links) CHECK(mend_url(link.url) == link.url);
    CHECK(unflowed(text, true).size() <= text.size() + 1);
    links_found += links.size();
  }
  CHECK(links_found >= 5);
}

}  // namespace gelombang::test
