"""Power cuts on SQLite: what was answered is on the disk, and the harness sees when it is not."""

from __future__ import annotations

from random import Random

from benchmarks.faults.console import quiet
from benchmarks.faults.images import Disk
from benchmarks.faults.power_cut import cut_power
from benchmarks.faults.traces import Answer, Sync, Truncate, Unlink, Write, read_trace

DEBITS, IMAGES = 40, 15


def test_what_was_answered_survives_any_power_cut():
    came = cut_power(IMAGES, debits=DEBITS, say=quiet)
    assert came.images == IMAGES
    assert came.events[Answer.__name__] >= DEBITS
    assert (came.lost, came.broken) == (0, [])


def test_without_waiting_for_the_disk_answered_debits_are_seen_to_be_lost():
    came = cut_power(IMAGES, debits=DEBITS, synchronous="NORMAL", say=quiet)
    assert came.losing > 0
    assert came.lost >= came.losing


def test_a_trace_tells_writes_syncs_and_answers_in_their_order(tmp_path):
    def shown(text: str) -> str:
        return "".join(f"\\x{byte:02x}" for byte in text.encode())

    books = shown(f"{tmp_path}/books.db-wal")
    body = shown('{"data":{"id":"wal_A","balance":7}}')
    lines = [
        f'11 pwrite64(3<{books}>, "{shown("abc")}", 3, 4) = 3',
        f"11 fdatasync(3<{books}> <unfinished ...>",
        f'12 pwrite64(4<{books}>, "{shown("d")}", 1, 7) = 1',
        "11 <... fdatasync resumed>) = 0",
        f'11 sendto(5<TCP:[127.0.0.1:1->127.0.0.1:2]>, "{body}", 36, 0, NULL, 0) = 36',
        f"11 ftruncate(3<{books}>, 2) = 0",
        f"11 fdatasync(3<{books}>) = -1 EIO (Input/output error)",
        f'11 pwrite64(9<{shown("/elsewhere")}>, "{shown("x")}", 1, 0) = 1',
        f'11 unlink("{books}") = 0',
    ]
    wal = f"{tmp_path}/books.db-wal"
    assert read_trace(lines, tmp_path) == [
        Write(wal, 4, b"abc"),
        Write(wal, 7, b"d"),
        Sync(wal, 1),
        Answer("wal_A", 7),
        Truncate(wal, 2),
        Unlink(wal),
    ]


def test_an_image_keeps_all_that_was_synced_and_any_part_of_the_rest(tmp_path):
    place, books = tmp_path / "books", f"{tmp_path}/books/books.db"
    place.mkdir()
    (place / "books.db").write_bytes(b"." * 1536)
    events = [Write(books, 0, b"a" * 512), Sync(books, 1), Write(books, 256, b"b" * 1024)]
    disk = Disk(place, events)
    disk.go_to(len(events))
    seen = set()
    for seed in range(60):
        disk.image(tmp_path, Random(seed))
        seen.add((tmp_path / "books.db").read_bytes())
    assert {image[:256] for image in seen} == {b"a" * 256}
    assert {image[256:512] for image in seen} == {b"a" * 256, b"b" * 256}
    assert {image[512:1280] for image in seen} == {
        first + second for first in (b"." * 512, b"b" * 512) for second in (b"." * 256, b"b" * 256)
    }


def test_a_name_that_was_given_anew_may_still_mean_the_old_file(tmp_path):
    place, log = tmp_path / "books", f"{tmp_path}/books/log"
    place.mkdir()
    (place / "log").write_bytes(b"old")
    events = [Unlink(log), Write(log, 0, b"new"), Sync(log, 2), Sync(str(place), 3)]
    disk = Disk(place, events)

    def images() -> set[bytes]:
        seen = set()
        for seed in range(60):
            (tmp_path / "log").unlink(missing_ok=True)
            disk.image(tmp_path, Random(seed))
            seen.add((tmp_path / "log").read_bytes() if (tmp_path / "log").exists() else b"none")
        return seen

    disk.go_to(3)
    assert images() == {b"old", b"none", b"new"}
    disk.go_to(4)
    assert images() == {b"new"}
