"""The bench of live collection: the embedded Azure in a process of its own, the collectors in this one.

`make bench` runs it after the bench of files. It prints each number beside its floor and the bound that is wanted.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from apimdoctor.collect import files
from apimdoctor.collect.azure import clouds
from apimdoctor.collect.azure.collect import collect
from apimdoctor.collect.azure.pace import AT_ONCE, BURST, PER_SECOND
from apimdoctor.collect.azure.selection import Request
from apimdoctor.collect.files.tree import MemoryTree
from apimdoctor.demo.server import EmbeddedAzure
from apimdoctor.demo.server.limit import Limit
from apimdoctor.snapshot import Contents, EntraTenant, Service, Snapshot, store
from tools.tenant_generator import SIZES, Size, generate

LATENCY = 0.05
_POLICIES = Size(apis=250, operations=4000, operation_policies=4000, app_registrations=300, service_principals=300)
_THROTTLED = Size(apis=60, operations=1000, operation_policies=1000, app_registrations=60, service_principals=60)
_APPS = Size(apis=1, operations=1, operation_policies=0, app_registrations=5000, service_principals=5000)


@dataclass(frozen=True, kw_only=True)
class Cost:
    """What one collecting took, of this process alone, and how many requests Azure saw."""

    seconds: float
    cpu: float
    resource_manager: int
    graph: int
    snapshot: Snapshot


def tenant(size: Size) -> Snapshot:
    """A generated tenant."""
    return files.read_tree(MemoryTree(generate(size, 1).files()))


class Server:
    """An embedded Azure in another process: where it is, how to sign in, and what it has seen."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        told = self._told()
        self.cloud, self.policy = Path(told["cloud"]), str(told["policy"])
        self.environment: dict[str, str] = told["environment"]

    def count(self) -> dict[str, int]:
        """Requests by the service they came to."""
        if self._process.stdin is not None:
            self._process.stdin.write("count\n")
            self._process.stdin.flush()
        return self._told()

    def _told(self) -> dict[str, Any]:
        line = self._process.stdout.readline() if self._process.stdout is not None else ""
        if not line:
            raise RuntimeError("the embedded Azure has ended")
        found: dict[str, Any] = json.loads(line)
        return found


@contextmanager
def azure(snapshot: Snapshot, *options: str) -> Iterator[Server]:
    """An embedded Azure in a process of its own, for as long as the context is open."""
    with tempfile.TemporaryDirectory() as room:
        saved = Path(room) / "tenant.json"
        store.save(saved, snapshot)
        command = [sys.executable, "-P", "-m", "tools.bench_live", "--serve", str(saved), *options]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
            try:
                yield Server(process)
            finally:
                process.communicate(timeout=30)


def collected(server: Server, **asked: Any) -> Cost:
    """One reading of everything, with its cost."""
    os.environ.update(server.environment)
    cloud = clouds.chosen(str(server.cloud))
    request = Request(**{"cloud": cloud, "auth": "env", "all_subscriptions": True, **asked})
    before = server.count()
    began, used = time.perf_counter(), time.process_time()
    found = collect(request)
    took = (time.perf_counter() - began, time.process_time() - used)
    after = server.count()
    return Cost(
        seconds=took[0],
        cpu=took[1],
        resource_manager=after["arm"] - before["arm"],
        graph=after["graph"] - before["graph"],
        snapshot=found,
    )


def bare(server: Server, requests: int) -> float:
    """CPU seconds of a bare aiohttp client and msgspec for as many reads of one policy."""
    import aiohttp
    import msgspec

    cloud = json.loads(server.cloud.read_text("utf-8"))

    async def run() -> float:
        signed = {
            "grant_type": "client_credentials",
            "client_secret": server.environment["AZURE_CLIENT_SECRET"],
            "scope": f"{cloud['resource_manager']}/.default",
        }
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=AT_ONCE)) as session:
            login = f"{cloud['authority']}/{server.environment['AZURE_TENANT_ID']}/oauth2/v2.0/token"
            async with session.post(login, data=signed) as answer:
                token = (await answer.json())["access_token"]
            slots = asyncio.Semaphore(AT_ONCE)
            url = f"{cloud['resource_manager']}{server.policy}?api-version=2024-05-01&format=xml"
            headers = {"Authorization": f"Bearer {token}"}

            async def one() -> None:
                async with slots, session.get(url, headers=headers) as response:
                    msgspec.json.decode(await response.read())

            began = time.process_time()
            await asyncio.gather(*(one() for _ in range(requests)))
            return time.process_time() - began

    return asyncio.run(run())


def main() -> None:
    """Print the table; or serve a snapshot until standard input ends."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--serve", type=Path, metavar="SNAPSHOT")
    parser.add_argument("--latency", type=float, default=0.0)
    parser.add_argument("--limit", action="store_true")
    parser.add_argument("--only", choices=sorted(PARTS), action="append")
    options = parser.parse_args()
    if options.serve:
        serve(store.load(options.serve.read_bytes()), options.latency, limit=options.limit)
        return
    # As the program does: nothing that a run reads ever becomes garbage before its end.
    gc.disable()
    print(f"{'live':44} {'measured':>12} {'wanted':>12}")
    collected_once()
    for part in options.only or PARTS:
        PARTS[part]()


def serve(snapshot: Snapshot, latency: float, *, limit: bool) -> None:
    """The embedded Azure, for another process."""
    with EmbeddedAzure(snapshot, latency=latency, page_size=1000, limit=Limit() if limit else None) as found:
        policy = next((path for path in found.azure.resources.singles if path.endswith("/policies/policy")), "")
        told = {"cloud": str(found.cloud_file), "environment": dict(found.environment), "policy": policy}
        print(json.dumps(told), flush=True)
        for _ in sys.stdin:
            faces = [one.face for one in found.recorded]
            print(json.dumps({face: faces.count(face) for face in ("arm", "graph", "login")}), flush=True)


def collected_once() -> None:
    """Imports and first uses are not what is measured."""
    with azure(tenant(SIZES["tiny"])) as server:
        collected(server)


def policies() -> None:
    """4,500 policies behind 50 ms, without throttling: wall clock against latency, CPU against a bare client."""
    of_policies(_POLICIES, LATENCY)


def patient() -> None:
    """Fewer behind 500 ms: what the collectors add to the latency, also on a machine that is busy otherwise."""
    of_policies(_THROTTLED, 10 * LATENCY)


def of_policies(size: Size, latency: float) -> None:
    """The rows of one reading without throttling."""
    found = tenant(size)
    without = replace(found, tenants=tuple(EntraTenant(id=one.id) for one in found.tenants))
    with azure(without, "--latency", str(latency)) as server:
        cost = collected(server, without=frozenset({"entra", "sites", "openid"}))
        floor = cost.resource_manager * latency / AT_ONCE
        base = bare(server, 300) / 300
    each = cost.cpu / cost.resource_manager
    what = f"{_policies_of(cost.snapshot)} policies, {cost.resource_manager} requests at {latency * 1000:.0f} ms"
    row(what, f"{cost.seconds:.1f} s", "")
    row(f"  to requests x latency / {AT_ONCE} ({floor:.1f} s)", f"{cost.seconds / floor:.2f} x", "1.3 x")
    row("  CPU per request", f"{each * 1000:.2f} ms", "3 ms")
    row(f"  to a bare client ({base * 1000:.2f} ms)", f"{each / base:.1f} x", "")


def throttled() -> None:
    """The same behind Azure's documented limit, which decides how long it takes."""
    with azure(tenant(_THROTTLED), "--latency", str(LATENCY), "--limit") as server:
        cost = collected(server, without=frozenset({"entra", "sites", "openid"}))
    floor = (cost.resource_manager - BURST) / PER_SECOND
    row(f"{cost.resource_manager} requests at 25 a second", f"{cost.seconds:.1f} s", "")
    row(f"  to the floor ({floor:.1f} s)", f"{cost.seconds / floor:.2f} x", "1.1 x")


def app_registrations() -> None:
    """CPU for 5,000 app registrations and as many service principals, without what the rest of the scan costs."""
    found = tenant(_APPS)
    few = tuple(replace(one, app_registrations=(), service_principals=()) for one in found.tenants)
    alone = tuple(replace(one, service_principals=()) for one in found.tenants)
    costs = []
    for tenants in (few, alone, found.tenants):
        with azure(replace(found, tenants=tenants)) as server:
            costs.append(min(collected(server).cpu for _ in range(3)))
    row("CPU for 5,000 app registrations", f"{costs[1] - costs[0]:.2f} s", "1 s")
    row("  and for 5,000 service principals", f"{costs[2] - costs[1]:.2f} s", "")


def nights() -> None:
    """The second night of size M, without changes."""
    with azure(tenant(SIZES["M"])) as server:
        first = collected(server)
        second = collected(server, since=first.snapshot)
    whole, again = (one.resource_manager + one.graph for one in (first, second))
    row("requests of a full scan of M", f"{whole}", "")
    row("  of a second night without changes", f"{again}, {again / whole:.1%}", "5 %")


PARTS = {
    "policies": policies,
    "patient": patient,
    "throttled": throttled,
    "app-registrations": app_registrations,
    "nights": nights,
}


def row(what: str, measured: str, wanted: str) -> None:
    """One line of the table."""
    print(f"{what:44} {measured:>12} {wanted and f'<= {wanted}':>12}", flush=True)


def _policies_of(snapshot: Snapshot) -> int:
    return sum(_own(held) for service in snapshot.services for held in _held(service))


def _held(service: Service) -> Sequence[Contents]:
    return (service.contents, *(space.contents for space in service.workspaces))


def _own(held: Contents) -> int:
    texts = [one.policy for one in held.apis] + [one.policy for one in held.products]
    for api in held.apis:
        texts += [one.policy for one in api.operations] + [one.policy for one in api.resolvers]
    return sum(text is not None for text in texts) + len(held.fragments)


if __name__ == "__main__":
    main()
