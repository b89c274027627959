"""Processor time for a request: gelombang beside other clients, beside itself with more users, on another server."""

import collections
import contextlib
import statistics
import time

import meter
import peers
from clients import BARE, BARE_MIMALLOC, SAME_MALLOC
from report import Measure, absent, judged_at, odd_answers, ratio_measure, ratios, turns_measure, unless_odd
from turns import SHORT, one_processor, take_turns


def all_connected(server, users, seconds=60):
    """Waits until there are as many connections as users."""

    def enough():
        if server.connections() < users:
            raise ValueError
        return True

    peers.wait_for(enough, seconds)


def all_at_it(server, users, before):
    """Waits until the server has answered each user several times: the start-up must not be measured."""

    def enough():
        if server.answered() - before < 5 * users:
            raise ValueError
        return True

    peers.wait_for(enough, 60)


def cost_of(command, server, users, window, settle, processors=None):
    """One client alone, while all of its users are active: its cost, and its resident memory in KB."""

    before = server.answered()
    with peers.running(command, processors=processors, **SHORT) as process:
        all_at_it(server, users, before)
        time.sleep(settle)
        cost = meter.measure(process.pid, server.answered, window)
        memory = meter.resident_kb(process.pid)
        if process.poll() is not None:
            raise RuntimeError(f"{command[0]} ended while it was measured")
        process.kill()
    return cost, memory


def by_turns(commands, server, users, pace):
    """Like take_turns, for clients with this many users each."""
    with one_processor(server) as processors:
        return take_turns(
            {name: command(server.url, users) for name, command in commands.items()}, server.answered,
            lambda before: all_at_it(server, users, before), pace,
            # A Go program burns time in its scheduler when it is alone with its peer on one processor.
            processors=lambda name: None if name in ("hey", "k6") else processors,
            settle=lambda name: pace.k6_settle if name == "k6" else pace.settle)


PAGE, FORM = "200 GET /page", "200 POST /form"


def problems_of(commands, expected=lambda name: (PAGE, FORM)):
    """{client: None or what is wrong with its answers}, from a window in which a server logs each answer. In the
    measured windows the server only counts, because logging takes time."""
    problems = {}
    for name, command in commands.items():
        with peers.nginx(log=True) as server, peers.running(command(server.url, 8), **SHORT) as process:
            peers.wait_for(lambda: server.answers()[400])
            process.kill()
            counted = collections.Counter(what for _, what in server.answers())
        problems[name] = odd_answers(counted, expected(name))
    return problems


def microseconds(costs):
    """Microseconds for a request: [[of each turn], for each start]."""
    return [[cost.microseconds for cost in start] for start in costs]


def median(costs):
    return statistics.median(value for start in microseconds(costs) for value in start)


def against_others(clients, server, pace):
    """Every client with the two-step journey, or the closest that it supports, at 64 users."""
    commands = clients.compared()
    here = {name: command for name, command in commands.items() if command}
    problems = problems_of(here, lambda name: (PAGE,) if name in ("h2load", "hey") else (PAGE, FORM))
    costs = by_turns(here, server, 64, pace)
    few, many = ({name: cost_of(command(server.url, users), server, users, 0.5, 0.5)[1] for name, command in here.items()}
                 for users in (64, 512))

    def checked(measure, *names):
        return unless_odd(measure, {name: problems[name] for name in names})

    yield from beside_bare(costs, "cpu_per_request_vs_bare_libcurl", "64 users, connections kept",
                           {name: problems[name] for name in ("gelombang", "bare libcurl", SAME_MALLOC)})
    if "k6" in costs:
        yield checked(turns_measure("cpu_per_request_vs_k6", microseconds(costs["gelombang"]), microseconds(costs["k6"]), 0.2,
                                    "64 users"), "gelombang", "k6")
    else:
        yield absent("cpu_per_request_vs_k6", "times", 0.2, "k6 is not on the PATH")
    for name in commands:
        key = name.replace(" ", "_")
        if name not in here:
            why = f"{name} is not on the PATH"
            yield absent(f"requests_per_cpu_second_{key}", "requests", None, why)
            yield absent(f"memory_per_active_user_{key}", "KB", None, why)
            continue
        what = "GET of the page alone" if name in ("h2load", "hey") else "page and form in turn"
        yield checked(Measure(f"requests_per_cpu_second_{key}", round(1e6 / median(costs[name])), "requests",
                              why=what), name)
        per_user = (many[name] - few[name]) / (512 - 64)
        yield checked(Measure(f"memory_per_active_user_{key}", round(per_user, 1), "KB", why="(RSS at 512 - RSS at 64) / 448"),
                      name)


def beside_another(clients, server, other, pace):
    """This gelombang and another one, such as the one before a change: with kept connections, and as strangers."""
    for name, what, options in (("cpu_per_request_vs_other", "64 users, connections kept", ()),
                                ("cpu_per_request_vs_other_strangers", "64 users, a new connection for two requests",
                                 ("--set", "rounds=1"))):
        commands = {which: lambda url, users, program=program, options=options:
                    clients.gelombang_users(url, users, *options, program=program)
                    for which, program in (("this", None), ("other", other))}
        costs = by_turns(commands, server, 64, pace)
        yield unless_odd(turns_measure(name, microseconds(costs["this"]), microseconds(costs["other"]), 1.03, what),
                         problems_of(commands))


def trio(ours, bare):
    """gelombang, bare libcurl, and bare libcurl with gelombang's malloc. `bare` also takes the program's name."""
    return {
        "gelombang": ours,
        "bare libcurl": lambda url, users: bare(url, users, BARE),
        SAME_MALLOC: lambda url, users: bare(url, users, BARE_MIMALLOC),
    }


def beside_bare(costs, name, what, problems):
    for other, measure, bar, words in (("bare libcurl", name, 1.3, what),
                                       (SAME_MALLOC, f"{name}_with_mimalloc", None, "the same, both with mimalloc")):
        yield unless_odd(turns_measure(measure, microseconds(costs["gelombang"]), microseconds(costs[other]), bar, words),
                         problems)


def strangers(clients, server, pace):
    """Each pair of requests is by a new user: a new connection, an empty cookie jar, the records of an iteration."""
    commands = trio(lambda url, users: clients.gelombang_users(url, users, "--set", "rounds=1"),
                    lambda url, users, program: clients.bare(url, users, "--strangers", program=program))
    yield from beside_bare(by_turns(commands, server, 64, pace), "cpu_per_request_vs_bare_libcurl_strangers",
                           "64 users, a new connection for two requests", problems_of(commands))


def on_the_sandbox(clients, pace):
    page, form, token = "/masuk", "/api/sessions", "%2Fapi%2Fsessions"
    settings = [word for pair in (f"page={page}", f"form={form}", "expect=422", 'pattern=action="([^"]+)"')
                for word in ("--set", pair)]
    commands = trio(lambda url, users: clients.gelombang_users(url, users, *settings),
                    lambda url, users, program: clients.bare(url, users, page=page, form=form, token=token, program=program))
    with peers.sandbox(clients.programs) as server:
        costs = by_turns(commands, server, 64, pace)
        problem = odd_answers(server.counted(), ("200 GET /masuk", "422 POST /api/sessions"))
    yield from beside_bare(costs, "cpu_per_request_vs_bare_libcurl_sandbox", "64 users, against gelombang-sandbox",
                           {"the clients": problem})


def many_users(clients, server, pace, users):
    """The same journey by thousands of users; all of them have a request under way."""
    pairs, bare = [], []
    with one_processor(server) as processors:
        for _ in range(pace.pairs):
            for client, into in ((clients.gelombang_users, pairs), (clients.bare, bare)):
                many, few = (cost_of(client(server.url, count), server, count, pace.window, pace.settle, processors)[0]
                             for count in (users, 64))
                into.append((many.microseconds, few.microseconds))
    beside = [(ours[0], theirs[0]) for ours, theirs in zip(pairs, bare)]
    yield ratio_measure(f"cpu_per_request_vs_bare_libcurl_{users}_users", beside, None, f"{users} users")
    what = f"{users} users with a request each under way; bare libcurl: {ratios(bare)[0]:.2f} times"
    yield judged_at(ratio_measure(f"cpu_per_request_{users}_users_vs_64", pairs, 2.5, what), users, 10_000)


def idle_memory(clients, server, users):
    """Users who have requested a page, keep the connection and look at the page."""
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
