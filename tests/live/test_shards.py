"""Snapshots of several jobs are judged as one: a tenant collected in parts gives the findings of the whole."""

import random
from collections.abc import Sequence
from pathlib import Path

import pytest
from msgspec.structs import replace

from apimdoctor.collect import files
from apimdoctor.collect.files.tree import MemoryTree
from apimdoctor.demo.server import EmbeddedAzure
from apimdoctor.engine.finding import Finding
from apimdoctor.engine.judge import judge
from apimdoctor.facts.build import build
from apimdoctor.snapshot import EntraTenant, Gap, Service, Snapshot, store
from tests.live.reading import read
from tools.faults import FAULTS, plant
from tools.pipeline import rules
from tools.tenant_generator import SIZES, Size, generate

PARTS = 8
SMALL = Size(apis=16, operations=24, operation_policies=4, app_registrations=20, service_principals=20, lines=24)


def estate(size: Size, seed: int, faults: Sequence[str] = ()) -> Snapshot:
    """A generated tenant whose APIs stand in eight services, and what was planted into it."""
    world = generate(size, seed)
    for fault in faults:
        plant(fault, world, random.Random(f"{fault} {seed}"))
    found = files.read_tree(MemoryTree(world.files()))
    (service,) = found.services
    return replace(found, services=tuple(_part(service, number) for number in range(PARTS)))


def _part(service: Service, number: int) -> Service:
    base = "/subscriptions/3f0b6c1e-8d27-4e95-a4c8-52d19f7e0b36/resourceGroups/rg-larch/providers/"
    name = f"larch-{number}"
    apis = tuple(one for at, one in enumerate(service.contents.apis) if at % PARTS == number)
    names = {one.name for one in apis}
    products = tuple(
        replace(one, apis=tuple(each for each in one.apis if each in names)) for one in service.contents.products
    )
    return replace(
        service,
        id=f"{base}Microsoft.ApiManagement/service/{name}",
        name=name,
        contents=replace(service.contents, apis=apis, products=products),
        workspaces=service.workspaces if number == 0 else (),
    )


def shards(whole: Snapshot) -> list[Snapshot]:
    """The estate as eight jobs leave it: one service each, the tenant with the first alone."""
    return [
        replace(whole, services=(service,), tenants=whole.tenants if number == 0 else (), gaps=())
        for number, service in enumerate(whole.services)
    ]


def findings(snapshot: Snapshot) -> list[Finding]:
    return sorted(judge(rules(), build(snapshot)).findings, key=lambda one: one.fingerprint)


def split_and_read(whole: Snapshot, folder: Path) -> Snapshot:
    """The shards, saved and read together."""
    paths = [folder / f"{number}.json.gz" for number in range(PARTS)]
    for path, one in zip(paths, shards(whole), strict=True):
        store.save(path, one)
    return files.read(paths)


def test_an_estate_in_eight_snapshots_gives_the_findings_of_the_whole(tmp_path: Path) -> None:
    whole = estate(SMALL, 1, sorted(FAULTS)[:6])
    found = findings(whole)
    assert [one for one in found if one.severity == "error"] != []
    assert findings(split_and_read(whole, tmp_path)) == found


def test_eight_jobs_that_leave_entra_to_one_read_what_one_job_reads() -> None:
    whole = estate(SMALL, 2)
    with EmbeddedAzure(whole) as azure:
        alone = read(azure)
        jobs = [
            read(azure, services=(one.name,), without=frozenset() if number == 0 else frozenset({"entra"}))
            for number, one in enumerate(whole.services)
        ]
    assert [len(job.gaps) for job in jobs] == [0] + [1] * (PARTS - 1)
    assert replace(store.merge(jobs), sources=()) == replace(alone, sources=())


def test_jobs_of_which_none_reads_entra_keep_the_gap() -> None:
    whole = estate(SMALL, 2)
    with EmbeddedAzure(whole) as azure:
        jobs = [read(azure, services=(one.name,), without=frozenset({"entra"})) for one in whole.services[:2]]
    (gap,) = store.merge(jobs).gaps
    assert (gap.scope, gap.kind) == ("app registrations", "skipped")


def test_a_tenant_that_one_job_misses_and_another_reads_is_no_gap() -> None:
    tenant = "5b2e9c04-71d6-4f38-9ae5-c80d3f6b1247"
    gap = Gap(scope=f"app registrations of tenant {tenant}", kind="skipped", detail="not read")
    named = Snapshot(gaps=(gap,))
    reads = Snapshot(tenants=(EntraTenant(id=tenant, whole=("app_registrations",)),))
    assert store.merge([named, reads]).gaps == ()
    assert store.merge([named, replace(reads, tenants=(EntraTenant(id=tenant),))]).gaps == (gap,)


@pytest.mark.soak
def test_size_l_in_eight_snapshots_gives_the_findings_of_the_whole(tmp_path: Path) -> None:
    whole = estate(SIZES["L"], 1)
    assert findings(split_and_read(whole, tmp_path)) == findings(whole)
