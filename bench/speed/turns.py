"""Clients that take turns. First all are started, warmed up and stopped (SIGSTOP). Then each continues for a window in
its turn, over and over. Compared windows are seconds apart, and a bad minute of the machine affects all alike."""

import contextlib
import os
import signal
import subprocess
import time

import meter
import peers

SHORT = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
WAKING = 0.05  # seconds until a continued client is at its full speed again


def for_each_thread(process, act):
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):  # it has ended; others report that
        for thread in os.listdir(f"/proc/{process.pid}/task"):
            act(int(thread))


def schedule(process, policy):
    for_each_thread(process, lambda thread: os.sched_setscheduler(thread, policy, os.sched_param(0)))


@contextlib.contextmanager
def giving_way(server):
    """The server takes no processor from a client, like a server on another machine. With SCHED_BATCH it does not
    interrupt a client that has sent it something. Otherwise it does so with two requests out of three, and each
    switch there and back is partly charged to the client."""
    schedule(server.process, os.SCHED_BATCH)
    try:
        yield
    finally:
        schedule(server.process, os.SCHED_OTHER)


@contextlib.contextmanager
def one_processor(server):
    """The server, and clients that are started on this processor, take turns on it. On two processors, each request of
    a client that is slower than the server wakes the server. That costs more than the request's own work and says
    nothing about the client: a real server is elsewhere."""
    everywhere = os.sched_getaffinity(0)
    last = {max(everywhere)}

    def place(processors):
        for_each_thread(server.process, lambda thread: os.sched_setaffinity(thread, processors))

    place(last)
    try:
        with giving_way(server):
            yield last
    finally:
        place(everywhere)


def take_turns(commands, counted, warmed_up, pace, processors=lambda name: None, settle=None):
    """{name: [[Cost of each turn], for each start]}. `counted` returns what the server has done so far. `warmed_up`
    returns when the client started last is active. By a client's name, `processors` returns those that it may use,
    and `settle` how long it runs before it is measured."""
    costs = {name: [] for name in commands}
    for _ in range(pace.starts):
        with contextlib.ExitStack() as started:
            clients = {}
            for name, command in commands.items():
                before = counted()
                clients[name] = started.enter_context(peers.running(command, processors=processors(name), **SHORT))
                warmed_up(before)
                time.sleep(settle(name) if settle else pace.settle)
                stop(clients[name], counted)
                costs[name].append([])
            for turn in range(pace.turns):
                # Forwards and backwards, so that no client always follows the same one.
                for name in list(clients) if turn % 2 == 0 else reversed(clients):
                    costs[name][-1].append(one_turn(name, clients[name], counted, pace.turn))
            for client in clients.values():
                client.kill()
    return costs


def one_turn(name, client, counted, seconds):
    if client.poll() is not None:
        raise RuntimeError(f"{name} ended before it was measured")
    client.send_signal(signal.SIGCONT)
    time.sleep(WAKING)
    cost = meter.measure(client.pid, counted, seconds)
    stop(client, counted)
    return cost


def stop(client, counted):
    """Waits until the server has finished the client's requests: otherwise they would count for the next client."""
    client.send_signal(signal.SIGSTOP)
    done = counted()
    while True:
        time.sleep(0.005)
        before, done = done, counted()
        if done - before <= 1:  # the query itself may count
            return
