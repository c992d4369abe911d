"""Snapshots saved, loaded and merged: deterministic, private, bounded, and refused with a sentence when damaged."""

import gzip
import os
import stat
import threading
from pathlib import Path

import pytest
from msgspec.structs import replace

from apimdoctor.errors import ApimDoctorError
from apimdoctor.snapshot import (
    Api,
    AppRegistration,
    Contents,
    EntraTenant,
    Gap,
    NamedValue,
    Origin,
    PolicyText,
    Service,
    Snapshot,
    Source,
    store,
)

TENANT = "d1f6c8e2-5b0a-4c57-9a3e-7f2b1c4d8e90"
FULL = Snapshot(
    sources=(Source(kind="folder", name="x"),),
    services=(
        Service(
            id="file:b",
            name="b",
            policy=PolicyText(text="<policies>\r\n</policies>", origin=Origin(document="p.xml", anchors=((0, 1, 9),))),
            contents=Contents(
                apis=(Api(name="z"), Api(name="a", revision="10"), Api(name="a", revision="2")),
                named_values=(NamedValue(name="n", display_name="n", value=None),),
            ),
        ),
        Service(id="file:a", name="a", identities=()),
    ),
    tenants=(
        EntraTenant(
            id=TENANT, app_registrations=(AppRegistration(id="2", app_id="2"), AppRegistration(id="1", app_id="1"))
        ),
    ),
    gaps=(Gap(scope="s", kind="denied", detail="no"), Gap(scope="a", kind="failed", detail="no")),
)


def test_a_saved_snapshot_loads_as_it_was() -> None:
    assert store.load(store.dump(FULL)) == store.ordered(FULL)


def test_the_order_of_collecting_does_not_show_in_the_document() -> None:
    turned = replace(FULL, services=FULL.services[::-1], gaps=FULL.gaps[::-1])
    assert store.dump(turned) == store.dump(FULL)


def test_apis_are_in_the_order_of_names_and_then_of_revision_numbers() -> None:
    service = store.ordered(FULL).services[1]
    assert [(api.name, api.revision) for api in service.contents.apis] == [("a", "2"), ("a", "10"), ("z", "1")]


@pytest.mark.parametrize("name", ["snapshot.json", "snapshot.json.gz"])
def test_a_snapshot_file_is_readable_by_its_owner_only(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    old = os.umask(0)
    try:
        store.save(path, FULL)
    finally:
        os.umask(old)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert store.load(path.read_bytes()) == store.ordered(FULL)
    assert [entry.name for entry in tmp_path.iterdir()] == [name]


def test_saving_replaces_a_file_whole_or_leaves_it(tmp_path: Path) -> None:
    path = tmp_path / "snapshot.json"
    path.write_bytes(b"old")
    store.save(path, FULL)
    first = path.read_bytes()
    threads = [threading.Thread(target=store.save, args=(path, FULL)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert path.read_bytes() == first


def test_a_folder_that_is_not_there_is_told_as_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(ApimDoctorError, match="cannot write the snapshot"):
        store.save(tmp_path / "missing" / "snapshot.json", FULL)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "not whole, or no JSON"),
        (b"{", "not whole, or no JSON"),
        (b"[]", "damaged"),
        (b"{}", "names no schema"),
        (b'{"schema": "apimdoctor/report/1"}', 'its schema is "apimdoctor/report/1"'),
        (b'{"schema": "apimdoctor/snapshot/1", "services": [{"id": 5}]}', "damaged"),
        (b'{"schema": "apimdoctor/snapshot/1", "services": ' + b"[" * 100_000, "nested too deep"),
        (b'{"schema": "apimdoctor/snapshot/1", "cloud": "\xff"}', "not whole, or no JSON"),
        (b"\x1f\x8bgarbage", "compression is damaged"),
        (gzip.compress(b'{"schema": "apimdoctor/snapshot/1"}', mtime=0)[:-9], "damaged or cut off"),
    ],
)
def test_a_document_that_is_no_snapshot_is_refused_with_the_reason(content: bytes, sentence: str) -> None:
    with pytest.raises(ApimDoctorError, match=sentence) as caught:
        store.load(content)
    assert caught.value.code == 3


def test_a_compressed_snapshot_that_swells_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "MAX_BYTES", 1 << 20)
    with pytest.raises(ApimDoctorError, match="larger than 1 MiB"):
        store.load(gzip.compress(b" " * (8 << 20)))


def test_of_two_services_with_one_id_the_first_counts_and_a_gap_says_so() -> None:
    first = Snapshot(services=(Service(id="/x/Service/S", name="first"),))
    second = Snapshot(services=(Service(id="/x/service/s", name="second"), Service(id="other", name="other")))
    merged = store.merge([first, second])
    assert [service.name for service in merged.services] == ["first", "other"]
    assert [gap.detail for gap in merged.gaps] == ["the service is in two sources; the first one counts"]


def test_two_readings_of_one_tenant_are_united() -> None:
    first = EntraTenant(id=TENANT, domains=("a",), app_registrations=(AppRegistration(id="1", app_id="1"),))
    second = EntraTenant(
        id=TENANT,
        display_name="T",
        app_registrations=(AppRegistration(id="9", app_id="1"), AppRegistration(id="2", app_id="2")),
        whole=("app_registrations",),
    )
    (tenant,) = store.merge([Snapshot(tenants=(first,)), Snapshot(tenants=(second,))]).tenants
    assert [app.id for app in tenant.app_registrations] == ["1", "2"]
    assert (tenant.display_name, tenant.domains, tenant.whole) == ("T", ("a",), ("app_registrations",))


def test_merging_nothing_gives_an_empty_snapshot() -> None:
    assert store.merge([]) == Snapshot()
