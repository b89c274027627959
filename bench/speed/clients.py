"""The compared clients: how to start each of them for a number of users who never pause."""

import subprocess
from pathlib import Path

import peers

SCRIPTS = Path(__file__).resolve().parent / "scripts"
TOKEN = "0123456789abcdef0123456789abcdef"
BARE, BARE_MIMALLOC = "bare_client", "bare_client_mimalloc"  # programs
SAME_MALLOC = "bare libcurl with mimalloc"
LONG = 600  # seconds; every client is ended after its measurement


def version_of(program):
    """The last word that --version prints."""
    said = subprocess.run([program, "--version"], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=True)
    return said.stdout.split()[-1]


class Clients:
    """Commands by name. `programs` is a build directory."""

    def __init__(self, programs):
        self.programs = Path(programs)
        self.gelombang_program = self.programs / "gelombang"
        self.user_agent = "gelombang/" + version_of(self.gelombang_program)
        self.libcurl = version_of(self.programs / "bench" / BARE)  # as loaded: the same for ours and the bare client

    def bare(self, url, users, *options, page="/page", form="/form", token=TOKEN, program=BARE):
        return [self.programs / "bench" / program, "--users", users, "--page", url + page, "--post", url + form, "--form",
                "token=" + token, "--user-agent", self.user_agent, "--seconds", LONG, *options]

    def bare_with_our_malloc(self, url, users):
        return self.bare(url, users, program=BARE_MIMALLOC)

    def bare_upload(self, url, users, size):
        return [self.programs / "bench/bare_client", "--users", users, "--upload", url + "/upload", "--bytes", size,
                "--user-agent", self.user_agent, "--seconds", LONG]

    def gelombang(self, url, scenario, *options, threads=1, program=None):
        return [program or self.gelombang_program, "run", SCRIPTS / f"{scenario}.lua", "--target", url, "--threads", threads,
                "--metrics-listen", "off", "--linger", "0s", "--seed", 1, *options]

    def gelombang_users(self, url, users, *options, scenario="journey", program=None):
        return self.gelombang(url, scenario, "--users", users, "--duration", f"{LONG}s", *options, program=program)

    def wrk(self, url, users):
        return ["wrk", "-t1", f"-c{users}", f"-d{LONG}s", "-s", SCRIPTS / "wrk.lua", url]

    def h2load(self, url, users):
        return ["h2load", "--h1", "-t1", f"-c{users}", f"-D{LONG}", url + "/page"]

    def hey(self, url, users):
        return ["hey", "-z", f"{LONG}s", "-t", 0, "-c", users, url + "/page"]

    def k6(self, url, users):
        return ["k6", "run", "--quiet", "--no-summary", "--no-usage-report", "--vus", users, "--duration",
                f"{LONG}s", "-e", f"TARGET={url}", SCRIPTS / "k6.js"]

    def compared(self):
        """Name -> command of each client; None if it is not installed."""
        others = {name: getattr(self, name) if peers.available(name) else None for name in ("k6", "wrk", "h2load", "hey")}
        return {"bare libcurl": self.bare, "gelombang": self.gelombang_users, SAME_MALLOC: self.bare_with_our_malloc, **others}
