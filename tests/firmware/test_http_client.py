"""The HTTP client against a real server on loopback that misbehaves in every way."""

import asyncio

import pytest
from ledger_client.http import HttpClient, HttpError

OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"
TIMEOUT_MS = 400


class Server:
    """Answers each request with the next of `answers`: bytes, or a coroutine function (reader, writer)."""

    def __init__(self):
        self.answers = []
        self.requests = []
        self.connections = 0

    async def __aenter__(self):
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_):
        self._server.close()
        await self._server.wait_closed()

    async def _serve(self, reader, writer):
        self.connections += 1
        try:
            while self.answers:
                self.requests.append(await self._request(reader))
                answer = self.answers.pop(0)
                if callable(answer):
                    await answer(reader, writer)
                    return
                writer.write(answer)
                await writer.drain()
            # The last answer's connection stays open, as a server's with keep-alive does.
            await asyncio.wait_for(reader.read(), 3)
        except (ConnectionError, TimeoutError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    @staticmethod
    async def _request(reader):
        head = await reader.readuntil(b"\r\n\r\n")
        length = 0
        for line in head.split(b"\r\n"):
            if line.lower().startswith(b"content-length:"):
                length = int(line.split(b":")[1])
        return head, await reader.readexactly(length)


def talk(conversation, *answers):
    """Run a conversation(client, server) and return its result."""

    async def run():
        async with Server() as server:
            server.answers = list(answers)
            client = HttpClient(("127.0.0.1", server.port, "/base"), "secret", TIMEOUT_MS)
            try:
                return await asyncio.wait_for(conversation(client, server), 10)
            finally:
                await client.close()

    return asyncio.run(run())


def failure(*answers):
    """Return the HttpError of one POST to a server that answers so."""

    async def conversation(client, server):
        with pytest.raises(HttpError) as caught:
            await client.request("POST", "/x", b"{}")
        return caught.value

    return talk(conversation, *answers)


def success(*answers):
    """Return (status, body) of one POST to a server that answers so."""
    return talk(lambda client, server: client.request("POST", "/x", b"{}"), *answers)


def test_a_request_carries_token_host_length_and_body():
    async def conversation(client, server):
        await client.request("POST", "/x", b'{"a":1}')
        return server

    server = talk(conversation, OK)
    head, body = server.requests[0]
    assert head.startswith(b"POST /base/x HTTP/1.1\r\n")
    assert f"Host: 127.0.0.1:{server.port}\r\n".encode() in head
    assert b"Authorization: Bearer secret\r\n" in head
    assert b"Content-Length: 7\r\n" in head
    assert body == b'{"a":1}'


def test_one_connection_serves_many_requests():
    async def conversation(client, server):
        for _ in range(3):
            assert await client.request("GET", "/x") == (200, b"{}")
        return server.connections

    assert talk(conversation, OK, OK, OK) == 1


def test_a_connection_that_the_server_closed_meanwhile_is_made_anew():
    async def close(reader, writer):
        writer.write(OK)
        await writer.drain()
        writer.close()

    async def conversation(client, server):
        await client.request("GET", "/x")
        await asyncio.sleep(0.05)
        assert await client.request("GET", "/x") == (200, b"{}")
        return server.connections

    assert talk(conversation, close, OK) == 2


def test_a_connection_on_which_the_server_talks_unasked_is_not_trusted():
    async def conversation(client, server):
        await client.request("GET", "/x")
        assert await client.request("GET", "/x") == (200, b"{}")
        return server.connections

    assert talk(conversation, OK + b"HTTP/1.1 200 OK\r\n", OK) == 2


@pytest.mark.parametrize("status", [201, 202, 400, 401, 404, 500, 503])
def test_each_status_comes_with_its_body(status):
    answer = f"HTTP/1.1 {status} Some Words\r\ncontent-length: 4\r\n\r\nbody".encode()
    assert success(answer) == (status, b"body")


def test_a_chunked_answer_is_put_together():
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    assert success(head + b"3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n") == (200, b"abcde")


def test_an_answer_without_a_length_ends_with_the_connection():
    async def answer(reader, writer):
        writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nwhole")
        await writer.drain()

    assert success(answer) == (200, b"whole")


def test_an_answer_that_comes_byte_by_byte_is_read():
    async def answer(reader, writer):
        for number in range(len(OK)):
            writer.write(OK[number : number + 1])
            await writer.drain()
            await asyncio.sleep(0)

    assert success(answer) == (200, b"{}")


@pytest.mark.parametrize(
    "answer",
    [
        b"\x00\xffnot HTTP\r\n\r\n",
        b"220 mail.example ESMTP\r\n",
        b"HTTP/1.1\r\n\r\n",
        b"HTTP/1.1 abc\r\n\r\n",
        b"HTTP/1.1 99 Low\r\n\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: two\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 8193\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"X-Filler: y\r\n" * 500 + b"\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"y" * 100_000,
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabcde\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + (b"1000\r\n" + b"x" * 4096 + b"\r\n") * 3,
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-5\r\n",
        b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 10_000,
        b"\xff\xfe: \xff\r\n" * 3,
        b"HTTP/1.1 200 OK\r\n\xff\xfe: \xff\r\n\r\n",
    ],
)
def test_garbage_and_what_is_too_large_is_a_clear_error_and_may_have_been_done(answer):
    error = failure(answer)
    assert error.was_sent
    assert str(error)


def test_many_short_header_lines_are_too_large_together():
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n" + b"X-Filler: y\r\n" * 500 + b"\r\n{}"
    assert "header too long" in str(failure(answer))


def test_silence_ends_with_the_time_out_and_may_have_been_done():
    async def silent(reader, writer):
        await asyncio.sleep(2)

    error = failure(silent)
    assert error.was_sent
    assert "no answer within 400 ms" in str(error)


def test_an_answer_that_drips_for_ever_ends_with_the_time_out():
    async def drip(reader, writer):
        while True:
            writer.write(b"H")
            await writer.drain()
            await asyncio.sleep(0.05)

    assert "within" in str(failure(drip))


@pytest.mark.parametrize("part", [b"", b"HTTP/1.1 2", b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf"])
def test_a_connection_that_closes_early_is_an_error_and_may_have_been_done(part):
    async def close(reader, writer):
        writer.write(part)
        await writer.drain()

    assert failure(close).was_sent


def test_after_an_error_the_next_request_takes_a_new_connection():
    async def conversation(client, server):
        with pytest.raises(HttpError):
            await client.request("GET", "/x")
        assert await client.request("GET", "/x") == (200, b"{}")
        return server.connections

    assert talk(conversation, b"garbage\r\n", OK) == 2


def test_where_nobody_listens_nothing_was_sent():
    async def run():
        server = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        server.close()
        await server.wait_closed()
        with pytest.raises(HttpError) as caught:
            await HttpClient(("127.0.0.1", port, ""), "t", TIMEOUT_MS).request("GET", "/x")
        return caught.value

    assert not asyncio.run(run()).was_sent


@pytest.mark.parametrize("error", [OSError(113), ValueError("invalid cert")])
def test_a_failed_connection_or_a_bad_certificate_sent_nothing(error):
    async def refuse(host, port):
        raise error

    async def run():
        with pytest.raises(HttpError) as caught:
            await HttpClient(("ledger", 443, ""), "t", TIMEOUT_MS, refuse).request("GET", "/x")
        return caught.value

    assert not asyncio.run(run()).was_sent


def test_a_connection_that_never_opens_ends_with_the_time_out_and_sent_nothing():
    async def never(host, port):
        await asyncio.Event().wait()

    async def run():
        with pytest.raises(HttpError) as caught:
            await HttpClient(("ledger", 443, ""), "t", TIMEOUT_MS, never).request("GET", "/x")
        return caught.value

    assert not asyncio.run(run()).was_sent


def test_requests_at_the_same_moment_go_one_after_the_other():
    async def conversation(client, server):
        answers = await asyncio.gather(*[client.request("GET", f"/{number}") for number in range(3)])
        return answers, server.connections

    first = OK.replace(b"{}", b"11")
    answers, connections = talk(conversation, first, OK.replace(b"{}", b"22"), OK.replace(b"{}", b"33"))
    assert [body for _, body in answers] == [b"11", b"22", b"33"]
    assert connections == 1
