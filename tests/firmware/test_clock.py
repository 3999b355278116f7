"""The device's clock goes by the ledger's answers, and by nothing in them that is no time."""

import asyncio

import pytest
from ledger_client.http import HttpClient
from system.clock import LedgerClock, read

from tests.firmware.test_http_client import OK, talk

GIVEN = "Sun, 06 Nov 2033 08:49:37 GMT"


class Rtc:
    """A real-time clock that remembers how it was set."""

    def __init__(self):
        self.settings = []

    def datetime(self, moment):
        self.settings.append(moment)


def test_the_time_of_an_answer_is_read():
    assert read(GIVEN) == read(GIVEN.lower()) == (2033, 11, 6, 8, 49, 37)


@pytest.mark.parametrize(
    "date",
    [
        "", "yesterday", "Sun, 06 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 2033 08:49:37 CET",
        "Sun, 06 Nov 2033 08:49",
        "Sun, 32 Nov 2033 08:49:37 GMT", "Sun, 06 Foo 2033 08:49:37 GMT", "Sun, 06 Nov 2033 24:00:00 GMT",
        "Sun, xx Nov 2033 08:49:37 GMT", "Sun, 06 Nov 2033 -1:00:00 GMT",
    ],
)  # fmt: skip
def test_what_is_no_time_is_ignored(date):
    assert read(date) is None


def test_the_clock_is_set_by_the_first_answer_that_says_what_time_it_is():
    rtc = Rtc()
    dated = OK.replace(b"\r\n\r\n", b"\r\nDate: " + GIVEN.encode() + b"\r\n\r\n")

    async def conversation(client: HttpClient, _server):
        client.on_date = LedgerClock(rtc).hear
        for _ in range(3):
            await client.request("GET", "/x")
        await asyncio.sleep(0)

    talk(conversation, OK, dated, dated)
    assert rtc.settings == [(2033, 11, 6, 0, 8, 49, 37, 0)]
