"""A form-based shop such as a reader of docs/scripting.md may have: hidden token, session cookie, page, upload.
Prints "ready: URL" when it listens on a free loopback port."""
import secrets
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs

TOKENS, SESSIONS = set(), set()


class Shop(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self, status, body, **headers):
        data = body.encode()
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def inside(self):
        return any(f"session={s}" in self.headers.get("Cookie", "") for s in SESSIONS)

    def do_GET(self):
        if self.path == "/login":
            token = secrets.token_hex(8)
            TOKENS.add(token)
            return self.answer(200, f'<form><input type="hidden" name="csrf" value="{token}"></form>')
        if not self.inside():
            return self.answer(302, "", Location="/login")
        self.answer(200, "<table><tr><td>1</td></tr></table>")

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.path == "/login":
            form = parse_qs(body.decode())
            if form["csrf"][0] not in TOKENS or form["password"] != ["pass-" + form["user"][0]]:
                return self.answer(302, "", Location="/login")
            session = secrets.token_hex(8)
            SESSIONS.add(session)
            return self.answer(302, "", Location="/home", Set_Cookie=f"session={session}; Path=/; HttpOnly")
        if not self.inside() or b'filename="photo.jpg"' not in body or len(body) < 400000:
            return self.answer(422, "")
        self.answer(201, "")

    def log_message(self, *_):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Shop)
print(f"ready: http://127.0.0.1:{server.server_port}", flush=True)
server.serve_forever()
