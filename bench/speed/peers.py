"""The servers that the clients are measured against, each on a free loopback port, each ended with its `with` block."""

import collections
import contextlib
import ctypes
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

HERE = Path(__file__).resolve().parent

# A page of about the size of a login page without its pictures.
PAGE = ("<!doctype html><html lang=\"id\"><head><title>Masuk</title></head><body><form method=\"post\" action=\"/form\">"
        "<input type=\"hidden\" name=\"token\" value=\"0123456789abcdef0123456789abcdef\">"
        + "<p>Halaman untuk pengukuran.</p>" * 50 + "</form></body></html>")

NGINX = """daemon off; master_process off; pid {work}/pid; error_log {work}/error.log;
worker_rlimit_nofile {descriptors};
events {{ worker_connections {connections}; }}
http {{
  log_format answers '$msec $status $request_method $uri';
  access_log {log};
  client_body_temp_path {work}/body; proxy_temp_path {work}/proxy; fastcgi_temp_path {work}/fastcgi;
  uwsgi_temp_path {work}/uwsgi; scgi_temp_path {work}/scgi;
  keepalive_requests 1000000000; keepalive_timeout 600s; default_type text/html;
  server {{
    listen 127.0.0.1:{port} backlog=16384;
    location = /page {{ return 200 '{page}'; }}
    location = /form {{ return 200 'ok'; }}
    location = /status {{ stub_status; }}
  }}
}}
"""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def get(url):
    with urllib.request.urlopen(url, timeout=20) as answer:
        return answer.read().decode()


class Server:
    """A running server: its URL, and how many requests it has answered so far."""

    def __init__(self, url, process):
        self.url = url
        self.process = process

    def answered(self):
        raise NotImplementedError


class Nginx(Server):
    def connections(self):
        return int(get(self.url + "/status").split()[2])

    def answered(self):
        return int(get(self.url + "/status").split("requests\n")[1].split()[2])


class LoggingNginx(Nginx):
    """Logs every answer, which takes time: shows what was answered, not how fast."""

    def __init__(self, url, process, log):
        super().__init__(url, process)
        self.log = log

    def answers(self):
        """[(seconds since 1970, "200 GET /page"), ...] of the clients."""
        lines = self.log.read_text(encoding="utf-8").splitlines()
        seen = (line.split(" ", 1) for line in lines if not line.endswith(" /status"))
        return [(float(when), what) for when, what in seen]


class Sandbox(Server):
    def answers(self):
        """{"GET /masuk": {"200": 7}, ...}"""
        return json.loads(get(self.url + "/_sandbox/counts"))["requests"]

    def answered(self):
        return sum(sum(statuses.values()) for statuses in self.answers().values())

    def counted(self):
        """The answers as a Counter of "200 GET /masuk"."""
        return collections.Counter({f"{status} {call}": n for call, statuses in self.answers().items()
                                    for status, n in statuses.items() if not call.startswith("GET /_sandbox")})


PR_SET_PDEATHSIG = 1


def end_with_parent(parent):
    """For a child process: it ends even if the bench is killed while the child is stopped."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)


@contextlib.contextmanager
def running(command, pipe=False, processors=None, **options):
    """A process that does not outlive the block or the bench. With `pipe`, its input can be written.
    `processors`: those that it may use."""

    parent = os.getpid()

    def prepare():
        end_with_parent(parent)
        if processors:
            os.sched_setaffinity(0, processors)

    words = [str(word) for word in command]
    process = subprocess.Popen(words, stdin=subprocess.PIPE if pipe else subprocess.DEVNULL, preexec_fn=prepare, **options)
    try:
        yield process
    finally:
        if process.poll() is None:
            process.terminate()
            process.send_signal(signal.SIGCONT)  # in case it was stopped
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def wait_for(what, seconds=20):
    deadline = time.monotonic() + seconds
    while True:
        with contextlib.suppress(OSError, ValueError, IndexError):
            return what()
        if time.monotonic() > deadline:
            raise RuntimeError("a server is not ready")
        time.sleep(0.05)


@contextlib.contextmanager
def nginx(connections=12000, log=False):
    port = free_port()
    with tempfile.TemporaryDirectory() as work:
        configuration = Path(work) / "nginx.conf"
        configuration.write_text(NGINX.format(work=work, port=port, page=PAGE, connections=connections,
                                              descriptors=connections + 100,
                                              log=f"{work}/access.log answers" if log else "off"))
        command = ["/usr/sbin/nginx", "-e", f"{work}/error.log", "-p", work, "-c", configuration]
        with running(command) as process:
            url = f"http://127.0.0.1:{port}"
            server = LoggingNginx(url, process, Path(work) / "access.log") if log else Nginx(url, process)
            wait_for(server.answered)
            yield server


@contextlib.contextmanager
def sandbox(programs):
    with tempfile.TemporaryDirectory() as work:
        log = open(f"{work}/log", "w+", encoding="utf-8")
        command = [programs / "gelombang-sandbox", "--listen", "127.0.0.1:0", "--data", f"{work}/data", "--mail",
                   f"maildir:{work}/mail", "--accounts", "10", "--hash-cost", "low"]
        with log, running(command, stdout=log, stderr=subprocess.STDOUT) as process:

            def url():
                text = Path(log.name).read_text(encoding="utf-8")
                return text.split("ready: ")[1].split("\n")[0].strip()

            yield Sandbox(wait_for(url), process)


class Sink(Server):
    """Takes uploads, and reports its counts when asked on standard input."""

    def ask(self):
        self.process.stdin.write("?\n")
        self.process.stdin.flush()
        return [int(word) for word in self.process.stdout.readline().split()]

    def taken(self):
        """Bytes so far."""
        return self.ask()[0]

    def has(self, users):
        """Whether this many uploads are under way."""
        return self.ask()[1] >= users


@contextlib.contextmanager
def sink(bytes_per_second=0):
    """With a limit, each connection is read at that pace, so that all users are under way at once."""
    command = [sys.executable, HERE / "sink.py", str(bytes_per_second)]
    with running(command, pipe=True, stdout=subprocess.PIPE, text=True) as process:
        yield Sink(process.stdout.readline().strip(), process)


def raise_descriptor_limit():
    """Raises the limit to the allowed maximum and returns it."""
    import resource

    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard if hard != resource.RLIM_INFINITY else 1 << 20


def raise_priority():
    """If allowed (root): then other work on this machine disturbs less. Children inherit the priority."""
    with contextlib.suppress(PermissionError):
        os.setpriority(os.PRIO_PROCESS, 0, -15)


def available(program):
    return any(os.access(Path(folder) / program, os.X_OK) for folder in os.get_exec_path())
