// The journey for k6: a page whose token is taken out, and a form that carries it. Two named steps and a check, as the
// tester's journey has them.
import http from "k6/http";
import { check, group } from "k6";

export default function () {
  let token = null;
  group("open page", () => {
    const page = http.get(`${__ENV.TARGET}/page`);
    const found = /name="token" value="([^"]+)"/.exec(page.body);
    check(found, { "the page has a token": (match) => match !== null });
    token = found[1];
  });
  group("send form", () => {
    http.post(`${__ENV.TARGET}/form`, { token: token });
  });
}
