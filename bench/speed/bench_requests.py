"""Processor time for a request: gelombang beside other clients, beside itself with more users, on another server."""

import collections
import contextlib
import os
import subprocess
import time

import meter
import peers
from report import Measure, absent, judged_at, odd_answers, ratio_measure, ratios, unless_odd

SHORT = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}


def all_connected(server, users, seconds=60):
    """Until as many connections as users are there."""

    def enough():
        if server.connections() < users:
            raise ValueError
        return True

    peers.wait_for(enough, seconds)


def all_at_it(server, users, before):
    """Until the server has answered each of them several times: starting up is not what is measured."""

    def enough():
        if server.answered() - before < 5 * users:
            raise ValueError
        return True

    peers.wait_for(enough, 60)


@contextlib.contextmanager
def one_processor(server):
    """The server, and clients started by cost_of, take turns on one processor. On two, each request of a client that is
    slower than the server wakes it from its sleep, which costs more than the request's own work and says nothing of
    the client: a real server is elsewhere."""
    everywhere = os.sched_getaffinity(0)
    last = {max(everywhere)}

    def place(processors):
        for thread in os.listdir(f"/proc/{server.process.pid}/task"):
            os.sched_setaffinity(int(thread), processors)

    place(last)
    try:
        yield last
    finally:
        place(everywhere)


def cost_of(command, server, users, window, settle, processors=None):
    """One client alone, while all of its users are at it: what it costs, and its resident memory in KB."""

    def settle_down():
        if processors:
            os.sched_setaffinity(0, processors)

    before = server.answered()
    with peers.running(command, preexec_fn=settle_down, **SHORT) as process:
        all_at_it(server, users, before)
        time.sleep(settle)
        cost = meter.measure(process.pid, server.answered, window)
        memory = meter.resident_kb(process.pid)
        if process.poll() is not None:
            raise RuntimeError(f"{command[0]} ended while it was measured")
        process.kill()
    return cost, memory


def interleaved(commands, server, users, pace):
    """{name: [(cost, memory), ...]}: every client once in each round, so that all meet the same weather."""
    seen = {name: [] for name in commands}
    with one_processor(server) as processors:
        for _ in range(pace.rounds):
            for name, command in commands.items():
                # A Go program burns time in its scheduler when it is alone with its peer on one processor.
                where = None if name in ("hey", "k6") else processors
                client = command(server.url, users)
                seen[name].append(cost_of(client, server, users, pace.window, pace.settle, where))
    return seen


PAGE, FORM = "200 GET /page", "200 POST /form"


def problems_of(commands, expected=lambda name: (PAGE, FORM)):
    """{client: None or what is wrong with its answers}, from a window in which a server wrote down each of them. In the
    windows that are measured it only counts: writing takes time."""
    problems = {}
    for name, command in commands.items():
        with peers.nginx(log=True) as server, peers.running(command(server.url, 8), **SHORT) as process:
            peers.wait_for(lambda: server.answers()[400])
            process.kill()
            counted = collections.Counter(what for _, what in server.answers())
        problems[name] = odd_answers(counted, expected(name))
    return problems


def microseconds(runs):
    return [cost.microseconds for cost, _ in runs]


def median(values):
    return ratios([(value, 1.0) for value in values])[0]


def against_others(clients, server, pace):
    """Every client with the two-step journey, or the nearest that it can do, at 64 users."""
    commands = clients.compared()
    here = {name: command for name, command in commands.items() if command}
    problems = problems_of(here, lambda name: (PAGE,) if name in ("h2load", "hey") else (PAGE, FORM))
    runs = interleaved(here, server, 64, pace)
    more = {name: cost_of(command(server.url, 512), server, 512, 0.5, 0.5)[1] for name, command in here.items()}
    ours = microseconds(runs["gelombang"])

    def checked(measure, *names):
        return unless_odd(measure, {name: problems[name] for name in names})

    yield checked(ratio_measure("cpu_per_request_vs_bare_libcurl", list(zip(ours, microseconds(runs["bare libcurl"]))), 1.3,
                                "64 users, connections kept"), "gelombang", "bare libcurl")
    if "k6" in runs:
        yield checked(ratio_measure("cpu_per_request_vs_k6", list(zip(ours, microseconds(runs["k6"]))), 0.2, "64 users"),
                      "gelombang", "k6")
    else:
        yield absent("cpu_per_request_vs_k6", "times", 0.2, "k6 is not on the PATH: ./dev bench --with-k6")
    for name in commands:
        key = name.replace(" ", "_")
        if name not in here:
            why = f"{name} is not on the PATH"
            yield absent(f"requests_per_cpu_second_{key}", "requests", None, why)
            yield absent(f"memory_per_active_user_{key}", "KB", None, why)
            continue
        what = "GET of the page alone" if name in ("h2load", "hey") else "page and form in turn"
        yield checked(Measure(f"requests_per_cpu_second_{key}", round(1e6 / median(microseconds(runs[name]))), "requests",
                              why=what), name)
        memory = (more[name] - median([rss for _, rss in runs[name]])) / (512 - 64)
        yield checked(Measure(f"memory_per_active_user_{key}", round(memory, 1), "KB", why="(RSS at 512 - RSS at 64) / 448"),
                      name)


def strangers(clients, server, pace):
    """Each pair of requests by somebody new: a connection of its own, an empty cookie jar, an iteration's records."""
    commands = {
        "bare": lambda url, users: clients.bare(url, users, "--strangers"),
        "ours": lambda url, users: clients.gelombang_users(url, users, "--set", "rounds=1"),
    }
    runs = interleaved(commands, server, 64, pace)
    pairs = list(zip(microseconds(runs["ours"]), microseconds(runs["bare"])))
    yield unless_odd(ratio_measure("cpu_per_request_vs_bare_libcurl_strangers", pairs, 1.3,
                                   "64 users, a new connection for two requests"), problems_of(commands))


def on_the_sandbox(clients, pace):
    page, form, token = "/masuk", "/api/sessions", "%2Fapi%2Fsessions"
    settings = [word for pair in (f"page={page}", f"form={form}", "expect=422", 'pattern=action="([^"]+)"')
                for word in ("--set", pair)]
    with peers.sandbox(clients.programs) as server:
        runs = interleaved({
            "bare": lambda url, users: clients.bare(url, users, page=page, form=form, token=token),
            "ours": lambda url, users: clients.gelombang_users(url, users, *settings),
        }, server, 64, pace)
        problem = odd_answers(server.counted(), ("200 GET /masuk", "422 POST /api/sessions"))
    pairs = list(zip(microseconds(runs["ours"]), microseconds(runs["bare"])))
    measure = ratio_measure("cpu_per_request_vs_bare_libcurl_sandbox", pairs, 1.3, "64 users, against gelombang-sandbox")
    yield unless_odd(measure, {"both clients": problem})


def many_users(clients, server, pace, users):
    """The same journey by thousands; all of them have a request under way."""
    pairs, bare = [], []
    with one_processor(server) as processors:
        for _ in range(max(1, pace.rounds // 2)):
            for client, into in ((clients.gelombang_users, pairs), (clients.bare, bare)):
                many, few = (cost_of(client(server.url, count), server, count, pace.window, pace.settle, processors)[0]
                             for count in (users, 64))
                into.append((many.microseconds, few.microseconds))
    what = f"{users} users with a request each under way; bare libcurl: {ratios(bare)[0]:.2f} times"
    yield judged_at(ratio_measure(f"cpu_per_request_{users}_users_vs_64", pairs, 2.5, what), users, 10_000)


def idle_memory(clients, server, users):
    """Users who have asked for a page, keep the connection and look at it."""
    rate = min(users, 2000)
    command = clients.gelombang(server.url, "idle", "--rate", f"{rate}/s", "--duration", f"{users / rate}s",
                                "--max-users", users + 2000, "--graceful-stop", "10m")
    with peers.running(command, **SHORT) as process:
        with contextlib.suppress(RuntimeError):
            all_connected(server, int(users * 0.98), users / rate + 20)
        time.sleep(1)
        there, memory = server.connections() - 1, meter.resident_kb(process.pid)
        process.kill()
    why = f"resident memory of the whole process / {there} users with an open connection"
    figure = Measure(f"memory_per_idle_user_{users}_users", round(memory / there, 1), "KB", 40, why)
    yield judged_at(figure, there, 10_000)
