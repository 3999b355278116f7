"""Connections of the device under every mood of its network, in virtual time."""

from __future__ import annotations

import json
import threading
import time

import pytest

from terminal_sim.parts import connections as connections_module
from terminal_sim.vm.process import DeviceStuck

CLIENT = """
import asyncio, time
PORT = {port}
reader = writer = None
async def post(body):
    global reader, writer
    if writer is None:
        reader, writer = await asyncio.open_connection("127.0.0.1", PORT)
    writer.write(b"POST /things HTTP/1.1\\r\\nHost: x\\r\\nContent-Length: %d\\r\\n\\r\\n" % len(body) + body)
    await writer.drain()
    status = (await reader.readline()).split()
    if len(status) < 2:
        raise OSError("no answer")
    size = 0
    while True:
        line = await reader.readline()
        if line in (b"\\r\\n", b""):
            break
        if line.lower().startswith(b"content-length:"):
            size = int(line.split()[1])
    content = await reader.readexactly(size)
    return int(status[1]), len(content)
async def tries():
    global writer
    for n in range({tries}):
        started = time.ticks_ms()
        try:
            outcome = await asyncio.wait_for(post(b'{{"idempotency_key": "k%d"}}' % n), {timeout})
        except asyncio.TimeoutError:
            outcome = "timeout"
        except Exception as error:
            outcome = repr(error)
        if not isinstance(outcome, tuple) and writer:
            writer.close()
            await writer.wait_closed()
            writer = None
        print(n, outcome, time.ticks_diff(time.ticks_ms(), started))
        await asyncio.sleep(1)
asyncio.run(tries())
"""


@pytest.fixture
def client(make_device, echo):
    """Return a maker of devices that post a thing each second."""

    def make(tries: int = 1, timeout: int = 4, **options):
        port = echo.server_address[1]
        return make_device(CLIENT.format(port=port, tries=tries, timeout=timeout), **options)

    return make


def test_a_kept_alive_connection_carries_several_requests(client, echo, run_for):
    device = client(tries=3)
    run_for(device, 10)
    assert [line.split()[1] for line in device.console] == ["(200,"] * 3
    assert [body for _, _, body in echo.seen] == [f'{{"idempotency_key": "k{n}"}}' for n in range(3)]
    assert [(each.method, each.path, each.status, each.key) for each in device.network.requests] == [
        ("POST", "/things", 200, f"k{n}") for n in range(3)
    ]
    assert len(echo.connections) == 1


def test_time_stands_still_while_a_slow_server_thinks(client, echo, run_for):
    device = client()
    echo.gate.clear()
    opener = threading.Timer(0.7, echo.gate.set)
    opener.start()
    began = time.monotonic()
    run_for(device, 2)
    assert time.monotonic() - began > 0.6
    # Connecting and answering cost the device nothing but the latency of 5 ms each.
    assert device.console[0].startswith("0 (200, ")
    assert int(device.console[0].split()[-1]) <= 12
    opener.join()


def test_the_latency_is_what_the_network_says(client, run_for):
    device = client(boots=False)
    device.network.latency_ms = 300
    device.boot()
    run_for(device, 2)
    assert 600 <= int(device.console[0].split()[-1]) <= 610


def test_a_stalled_network_times_out_in_virtual_time_and_heals(client, echo, run_for):
    device = client(tries=2, boots=False)
    device.network.stall()
    device.boot()
    run_for(device, 4.5)
    assert device.console == ["0 timeout 4000"]
    assert echo.seen == []
    device.network.online()
    run_for(device, 5)
    assert device.console[1].startswith("1 (200, ")


def test_a_server_that_never_answers_times_out_in_virtual_time(client, echo, run_for, monkeypatch):
    monkeypatch.setattr(connections_module, "PATIENCE_S", 0.2)
    echo.gate.clear()
    device = client()
    run_for(device, 6)
    assert device.console == ["0 timeout 4000"]


def test_offline_refuses_new_connections_and_breaks_open_ones(client, echo, run_for):
    device = client(tries=3)
    run_for(device, 0.5)
    device.network.offline()
    run_for(device, 2)
    device.network.online()
    run_for(device, 2)
    assert device.console[0].startswith("0 (200, ")
    assert "OSError(104,)" in device.console[1]
    assert "OSError(111,)" in device.console[2]
    assert len(echo.seen) == 1


def test_a_dropped_answer_was_delivered_and_a_dropped_request_was_not(client, echo, run_for):
    device = client(tries=3, boots=False)
    device.network.drop_answer()
    device.network.drop_request()
    device.boot()
    run_for(device, 14)
    assert [line.split()[1] for line in device.console] == ["timeout", "timeout", "(200,"]
    assert [body for _, _, body in echo.seen] == ['{"idempotency_key": "k0"}', '{"idempotency_key": "k2"}']
    assert [(each.status, each.ledger_status) for each in device.network.requests] == [
        (None, 200),
        (None, None),
        (200, 200),
    ]


def test_a_misfortune_waits_for_its_method(client, run_for):
    device = client(boots=False)
    device.network.drop_answer(method="GET")
    device.boot()
    run_for(device, 2)
    assert device.console[0].startswith("0 (200, ")


def test_statuses_and_garbage_can_replace_an_answer(client, echo, run_for):
    device = client(tries=6, boots=False)
    device.network.answer_once(500)
    device.network.answer_once(401, {"message": "no"}, is_delivered=True)
    device.network.garbage_once(b"\x00\x01\x02")
    device.boot()
    run_for(device, 20)
    # A replaced answer is the last on its connection, so each next try meets the end of it.
    assert [line.rpartition(" ")[0] for line in device.console] == [
        "0 (500, 0)",
        "1 OSError(104,)",
        "2 (401, 17)",
        "3 OSError(104,)",
        "4 OSError('no answer',)",
        "5 (200, 78)",
    ]
    assert [json.loads(body)["idempotency_key"] for _, _, body in echo.seen] == ["k2", "k5"]


def test_a_server_that_is_not_there_refuses(make_device, echo, run_for):
    port = echo.server_address[1]
    echo.server_close()
    device = make_device(CLIENT.format(port=port, tries=1, timeout=4))
    run_for(device, 1)
    assert "OSError(111,)" in device.console[0]


def test_an_idle_connection_closed_by_the_server_is_hidden_in_virtual_time(client, echo, run_for):
    device = client(tries=2)
    run_for(device, 0.5)
    echo.drop_idle_connections()
    run_for(device, 3)
    assert [line.split()[1] for line in device.console] == ["(200,", "(200,"]


def test_a_broken_connection_can_be_asked_for(client, run_for):
    device = client(tries=3)
    run_for(device, 0.5)
    device.network.close_connections()
    run_for(device, 4)
    assert "OSError(104,)" in device.console[1]
    assert device.console[2].startswith("2 (200, ")


def test_a_power_cut_after_delivery_leaves_the_server_knowing_more_than_the_device(client, echo, run_for):
    device = client()
    device.cut_power_when("request_delivered")
    run_for(device, 5)
    assert not device.is_powered
    assert len(echo.seen) <= 1


def test_a_blocking_socket_sends_receives_and_times_out(make_device, echo):
    device = make_device(
        "import socket, time\n"
        f"address = socket.getaddrinfo('127.0.0.1', {echo.server_address[1]})[0][-1]\n"
        "s = socket.socket()\ns.settimeout(2)\ns.connect(address)\n"
        "s.sendall(b'GET /a HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n')\nprint(s.readline())\n"
        "while s.readline() != b'\\r\\n':\n    pass\nprint(s.recv(9))\n"
        "before = time.ticks_ms()\n"
        "try:\n    s.read(1000)\nexcept OSError as error:\n"
        "    print(error.errno, time.ticks_diff(time.ticks_ms(), before))\n"
        "s.close()"
    )
    assert device.console == ["b'HTTP/1.1 200 OK\\r\\n'", "b'{\"method\"'", "110 2000"]


def test_a_real_clock_goes_on_while_a_server_thinks(client, echo, run_for):
    echo.gate.clear()
    device = client(timeout=1, clock="real")
    run_for(device, 1.5)
    assert device.console[0].startswith("0 timeout 10")


def test_a_blocking_socket_that_would_wait_for_ever_is_reported(make_device, echo):
    device = make_device(
        f"import socket\ns = socket.socket()\ns.connect(('127.0.0.1', {echo.server_address[1]}))\ns.recv(1)",
        boots=False,
    )
    with pytest.raises(DeviceStuck, match="no timeout"):
        device.boot()
