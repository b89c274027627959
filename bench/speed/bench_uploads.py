"""Photos: processor time for a gigabyte, memory for a user who is uploading."""

import statistics
import time

import meter
import peers
from report import Measure, turns_measure
from turns import SHORT, one_processor, take_turns

PHOTO = 1_500_000
PACED = 20_000  # bytes per second that the server takes from each user


def seconds_per_gigabyte(costs):
    return [[cost.cpu / (cost.requests / 1e9) for cost in start] for start in costs]


def processor(clients, pace):
    users = 8
    with peers.sink() as server, one_processor(server) as processors:
        costs = take_turns(
            {"ours": clients.gelombang_users(server.url, users, "--set", f"bytes={PHOTO}", scenario="upload"),
             "bare": clients.bare_upload(server.url, users, PHOTO)},
            server.taken, lambda before: all_uploading(server, users, before), pace, processors=lambda name: processors)
    ours, bare = seconds_per_gigabyte(costs["ours"]), seconds_per_gigabyte(costs["bare"])
    figure = statistics.median(value for start in ours for value in start)
    yield turns_measure("upload_cpu_per_gb_vs_bare_libcurl", ours, bare, 1.15,
                        f"1.5 MB photos, {users} users, {figure:.2f} s/GB")


def all_uploading(server, users, before):
    """Waits until the server has taken five photos for each user."""

    def enough():
        if server.taken() - before < 5 * users * PHOTO:
            raise ValueError
        return True

    peers.wait_for(enough, 60)


def resident_while_uploading(clients, users, size):
    with peers.sink(PACED) as server:
        command = clients.gelombang_users(server.url, users, "--set", f"bytes={size}", "--max-users", users,
                                          scenario="upload")
        with peers.running(command, **SHORT) as process:
            peers.wait_for(lambda: server.has(users), 60)
            time.sleep(2)
            if not server.has(users):
                raise RuntimeError("users ended their upload while they were counted")
            memory = meter.resident_kb(process.pid)
            process.kill()
    return memory


def memory(clients, sizes=(200_000, PHOTO, 8_000_000), users=1000):
    per_user = {}
    for size in sizes:
        most, least = (resident_while_uploading(clients, count, size) for count in (users, 10))
        per_user[size] = (most - least) / (users - 10)
    why = f"(RSS at {users} - RSS at 10) / {users - 10}, all in the middle of a photo of {{:.1f}} MB"
    for size, figure in per_user.items():
        yield Measure(f"memory_per_uploading_user_{size // 1000}_kb_photo", round(figure, 1), "KB", 110,
                      why.format(size / 1e6))
    if len(per_user) > 1:
        middle = per_user[PHOTO]
        apart = max(abs(figure - middle) for figure in per_user.values()) / middle
        yield Measure("memory_per_uploading_user_spread", round(100 * apart, 2), "%", 5,
                      "farthest of the other photo sizes from that of 1.5 MB")
