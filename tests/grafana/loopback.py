"""For the tests of panels: a sandbox, runs against it, and a Prometheus that scrapes the runs, all on loopback."""

import contextlib
import ctypes
import json
import re
import signal
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path


def free_ports(count):
    """All different: each port is held until the last one is known."""
    with contextlib.ExitStack() as held:
        probes = [held.enter_context(socket.socket()) for _ in range(count)]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [probe.getsockname()[1] for probe in probes]


def die_with_parent():
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)


def start(log, *command):
    return subprocess.Popen([str(part) for part in command], stdin=subprocess.DEVNULL, stdout=log,
                            stderr=subprocess.STDOUT, preexec_fn=die_with_parent)


def get(url, **parameters):
    query = "?" + urllib.parse.urlencode(parameters, doseq=True) if parameters else ""
    with urllib.request.urlopen(url + query, timeout=30) as answer:
        return answer.read().decode()


def wait_until(what, condition, seconds=60):
    deadline = time.monotonic() + seconds
    while not (result := condition()):
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds} s: {what}")
        time.sleep(0.05)
    return result


def answers(url):
    try:
        return get(url)
    except (urllib.error.URLError, ConnectionError):
        return None


class Loopback:
    """close() ends everything that it started."""

    def __init__(self, binaries, scrape_interval):
        self.binaries = binaries
        self.directory = tempfile.TemporaryDirectory()
        self.root = Path(self.directory.name)
        self.children = []
        self.metrics_port, self.prometheus_port = free_ports(2)
        self.prometheus = f"http://127.0.0.1:{self.prometheus_port}"
        self.scrape_interval = scrape_interval

    def set_up(self):
        root = self.root
        sandbox = self.run("sandbox", self.binaries / "gelombang-sandbox", "--listen", "127.0.0.1:0", "--data",
                           root / "data", "--mail", f"maildir:{root}/mail", "--hash-cost", "low")
        scrape = [{"job_name": "gelombang", "static_configs": [{"targets": [f"127.0.0.1:{self.metrics_port}"]}]}]
        # JSON is YAML.
        (root / "prometheus.yml").write_text(json.dumps({
            "global": {"scrape_interval": self.scrape_interval, "scrape_timeout": self.scrape_interval},
            "scrape_configs": scrape}))
        self.run("prometheus", "prometheus", f"--config.file={root}/prometheus.yml", f"--storage.tsdb.path={root}/tsdb",
                 f"--web.listen-address=127.0.0.1:{self.prometheus_port}", "--log.level=warn")
        self.target = wait_until("the sandbox is ready", lambda: self.line_of("sandbox", sandbox, r"^ready: (\S+)"))
        wait_until("Prometheus is ready", lambda: answers(self.prometheus + "/-/ready"))

    def load(self, name, scenario, *options):
        """Starts a run. Its summary is summary_of(name)."""
        return self.run(name, self.binaries / "gelombang", "run", scenario, "--target", self.target, "--mailbox",
                        f"maildir:{self.root}/mail", "--metrics-listen", f"127.0.0.1:{self.metrics_port}",
                        "--no-history", "--json", self.root / f"{name}.json", *options)

    def summary_of(self, name):
        if not (self.root / f"{name}.json").exists():
            raise AssertionError(self.log(name))
        return json.loads((self.root / f"{name}.json").read_text())

    def run(self, name, *command):
        with open(self.root / f"{name}.log", "w") as log:
            child = start(log, *command)
        self.children.append(child)
        return child

    def log(self, name):
        return (self.root / f"{name}.log").read_text()

    def line_of(self, name, child, pattern):
        text = self.log(name)
        if child.poll() is not None:
            raise AssertionError(f"{name} ended: {text}")
        found = re.search(pattern, text, re.M)
        return found and found.group(1)

    def close(self):
        for child in reversed(self.children):
            child.terminate()
            try:
                child.wait(10)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()
        self.directory.cleanup()

    def api(self, path, **parameters):
        try:
            answer = json.loads(get(f"{self.prometheus}/api/v1/{path}", **parameters))
        except urllib.error.HTTPError as problem:
            raise AssertionError(problem.read().decode()) from problem
        if answer["status"] != "success" or answer.get("warnings"):
            raise AssertionError(answer)
        return answer["data"]


def numbers(result):
    return [float(value) for series in result for _, value in series["values"] if value != "NaN"]
