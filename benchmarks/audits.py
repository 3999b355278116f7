"""How long the audit of a ledger takes and how much memory: one line for each part of it.

.venv/bin/python -m benchmarks.audits DATABASE_URL

A PostgreSQL server has to be on this machine: what its backend costs is told as well.
"""

from __future__ import annotations

import argparse
import resource
import time

from sqlalchemy import text
from sqlalchemy.engine import make_url

from benchmarks.servers import cpu_ns, peak_kib
from ledger.domain.audit.queries import audit
from ledger.storage.database import open_database
from ledger.storage.reader import Reader


def main() -> None:
    """Audit the database at a URL and print what it cost."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url", metavar="DATABASE_URL")
    url = make_url(parser.parse_args().url).render_as_string(hide_password=False)
    database = open_database(url)
    before_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    began, worked = time.perf_counter(), time.process_time()
    with database.reading() as reader:
        proofs = audit(reader)
        of_server = _of_server(reader)
    for proof in proofs:
        print(f"{proof.invariant}  {'holds' if proof.holds else 'FAILS'}  {proof.checked} checked")
        print("\n".join(proof.findings), end="")
    after_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    took_s, work_s = time.perf_counter() - began, time.process_time() - worked
    postings = proofs[0].checked
    print(f"{postings} postings in {took_s:.1f} s ({work_s:.1f} s of this process's CPU)")
    print(f"{took_s / max(postings, 1) * 1e6:.1f} µs a posting")
    print(f"memory: {before_kib} KiB before, {after_kib} KiB at most")
    print(of_server, end="")
    database.close()


def _of_server(reader: Reader) -> str:
    if reader.dialect.name != "postgresql":
        return ""
    pid = reader.scalar(text("SELECT pg_backend_pid()"))
    return f"its backend: {cpu_ns(pid) / 1e9:.1f} s of CPU, {peak_kib(pid)} KiB at most with shared buffers\n"


if __name__ == "__main__":
    main()
