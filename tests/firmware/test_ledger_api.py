"""The ledger's dialect as the device speaks it: bytes that never change, and answers that decide."""

import json

import pytest
from journal import records, replay
from ledger_client.answers import Accepted, Refused, Unknown
from ledger_client.api import Ledger, posting_body
from ledger_client.backoff import Backoff
from ledger_client.http import HttpError

TOKEN = "04A1B2C3D4E5F6"
WALLET = b'{"data":{"id":"wal_1","token_id":"x","balance":75}}'


class Answers:
    """Gives one answer after the other; an exception is raised, the last one repeats."""

    def __init__(self, *answers):
        self.answers = list(answers)
        self.sent = []

    async def request(self, method, path, body=None):
        self.sent.append((method, path, body))
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer


def ledger_with(*answers):
    http = Answers(*answers)
    return http, Ledger(http, Backoff(lambda count: b"\x80" * count))


def record(kind=records.VEND, cents=25):
    made = records.Record(1, "a1b2c3d4-1-1", kind, TOKEN, cents)
    made.item = "espresso" if kind == records.VEND else None
    made.text = "Espresso"
    return made


def post(world, *answers):
    _, ledger = ledger_with(*answers)
    return world.run(ledger.post(record()))


def test_a_purchase_has_these_bytes():
    assert posting_body(record()) == (
        b'{"products":["espresso"],"description":"Espresso","tag":"coffee","idempotency_key":"a1b2c3d4-1-1"}'
    )


def test_a_coin_has_these_bytes():
    body = b'{"amount":200,"description":"Espresso","tag":"topup","idempotency_key":"a1b2c3d4-1-1",'
    body += b'"coins":[{"denomination": 200, "count": 1}]}'
    assert posting_body(record(records.COIN, 200)) == body


def test_a_text_with_quotes_and_umlauts_is_still_json():
    vend = record()
    vend.text = 'Kaffee "groß" \\ \n'
    assert json.loads(posting_body(vend))["description"] == vend.text


def test_a_record_from_flash_has_the_same_bytes_as_before(world):
    vend = record()
    by_number = {}
    replay.apply(records.parse(vend.intent_line()), by_number)
    assert posting_body(by_number[1]) == posting_body(vend)


@pytest.mark.parametrize(("status", "repeated"), [(201, False), (202, True)])
def test_booked_is_accepted_with_the_balance(world, status, repeated):
    answer = post(world, (status, WALLET))
    assert isinstance(answer, Accepted)
    assert (answer.balance_cents, answer.repeated) == (75, repeated)


def test_too_little_money_is_refused_with_the_balance(world):
    answer = post(world, (400, b'{"message":"m","code":"insufficient_balance","errors":{},"balance":10}'))
    assert isinstance(answer, Refused)
    assert (answer.code, answer.balance_cents) == ("insufficient_balance", 10)
    assert answer.proves_nothing_was_booked


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 413, 415, 422])
def test_the_ledgers_no_is_refused(world, status):
    answer = post(world, (status, b'{"message":"m","code":"c"}'))
    assert isinstance(answer, Refused)
    assert (answer.status, answer.code) == (status, "c")


def test_a_code_of_any_length_fits_in_a_line_of_the_journal(world):
    answer = post(world, (400, b'{"message":"m","code":"' + b"c" * 2000 + b'"}'))
    assert answer.code == "c" * 64


def test_a_terminal_that_is_not_known_is_refused_without_a_code(world):
    answer = post(world, (401, b'{"message":"Unauthenticated."}'))
    assert isinstance(answer, Refused)
    assert not answer.proves_nothing_was_booked


@pytest.mark.parametrize(
    "answer",
    [
        (500, b'{"message":"Server error","code":"internal_error"}'),
        (503, b'{"message":"Unavailable"}'),
        (408, b'{"message":"m"}'),
        (409, b'{"message":"m"}'),
        (429, b'{"message":"m"}'),
        (404, b"<html>hotspot</html>"),
        (404, b'["message"]'),
        (404, b'{"message":"Not found"}'),
        (403, b'{"message":"Forbidden"}'),
        (403, b'{"message":"Forbidden","code":null}'),
        (403, b'{"message":"Forbidden","code":1010}'),
        (403, b'{"code":"permission_missing"}'),
        (400, b""),
        (201, b""),
        (201, b"{"),
        (201, b"[]"),
        (201, b'{"data":{}}'),
        (201, b'{"data":{"balance":"75"}}'),
        (201, b'{"data":{"balance":75.0}}'),
        (201, b'{"data":{"balance":true}}'),
        (201, b'{"data":null}'),
        (200, b"<html>welcome</html>"),
        (302, b""),
        (307, b'{"message":"Moved","code":"moved"}'),
        HttpError("closed", True),
    ],
)
def test_everything_else_is_unknown_and_may_have_been_booked(world, answer):
    answer = post(world, answer)
    assert isinstance(answer, Unknown)
    assert answer.was_sent


def test_what_never_left_was_not_sent(world):
    assert not post(world, HttpError("refused", False)).was_sent


@pytest.mark.parametrize("data", [b"null", b'{"id":"wal_1","balance":100}'])
def test_a_key_is_reversed_under_its_own_address(world, data):
    http, ledger = ledger_with((200, b'{"data":' + data + b"}"))
    assert isinstance(world.run(ledger.give_back(record())), Accepted)
    ((method, path, body),) = http.sent
    assert (method, path) == ("POST", "/pos/transactions/a1b2c3d4-1-1/reverse")
    assert json.loads(body) == {"description": "Espresso - not delivered"}


def test_a_reversal_answered_without_sense_is_not_believed(world):
    _, ledger = ledger_with((200, b"{}"))
    assert isinstance(world.run(ledger.give_back(record())), Unknown)


@pytest.mark.parametrize(
    "data",
    [
        b"null",
        b"{}",
        b'{"friendly_name":"x","products":{}}',
        b'{"friendly_name":"x","products":[1]}',
        b'{"friendly_name":"x","products":[{"id":"a"}]}',
        b'{"friendly_name":"x","products":[{"id":"a","price":1.5}]}',
        b'{"friendly_name":7,"products":[]}',
    ],
)
def test_a_catalogue_that_makes_no_sense_is_not_believed(world, data):
    _, ledger = ledger_with((200, b'{"data":' + data + b"}"))
    assert isinstance(world.run(ledger.terminal()), Unknown)


async def no_doubt(is_doubtful):
    """Take notice of a doubt."""


def post_until_known(world, deadline_ms, *answers, on_doubt=no_doubt):
    http, ledger = ledger_with(*answers)
    return http, world.run(ledger.post_until_known(record(), deadline_ms, on_doubt))


def test_tries_grow_apart_end_in_time_and_never_change_the_bytes(world):
    moments = []

    async def note(is_doubtful):
        moments.append((world.now_ms, is_doubtful))

    http, answer = post_until_known(world, 20000, HttpError("x", True), on_doubt=note)
    assert isinstance(answer, Unknown)
    assert answer.was_sent
    assert world.now_ms < 20000
    assert len(set(http.sent)) == 1
    pauses = [later[0] - earlier[0] for earlier, later in zip(moments, moments[1:], strict=False)]
    assert pauses == sorted(pauses)
    assert 4 <= len(http.sent) <= 10
    assert all(is_doubtful for _, is_doubtful in moments)


def test_one_try_that_was_sent_leaves_doubt_behind_all_that_were_not(world):
    _, answer = post_until_known(world, 3000, HttpError("x", True), HttpError("x", False))
    assert answer.was_sent


def test_tries_that_all_were_not_sent_leave_no_doubt(world):
    _, answer = post_until_known(world, 3000, HttpError("x", False))
    assert not answer.was_sent


@pytest.mark.parametrize(
    ("status", "code", "is_proof"),
    [
        (401, "", False),
        (404, "token_blocked", False),
        (400, "validation_failed", False),
        (403, "permission_missing", True),
        (403, "forbidden", False),
        (400, "idempotency_key_voided", True),
        (400, "idempotency_key_reused", True),
    ],
)
def test_a_no_after_a_lost_answer_counts_only_when_the_key_was_looked_for(world, status, code, is_proof):
    body = json.dumps({"message": "m", "code": code}).encode()
    _, answer = post_until_known(world, 9000, HttpError("x", True), (status, body))
    assert isinstance(answer, Refused if is_proof else Unknown)


def test_the_link_is_what_was_last_heard(world):
    _, ledger = ledger_with((201, WALLET), (401, b'{"message":"m"}'), HttpError("x", False), (201, WALLET))
    seen = []
    for _ in range(4):
        world.run(ledger.post(record()))
        seen.append(ledger.link)
    assert seen == ["up", "unauthorised", "down", "up"]


def test_pauses_double_up_to_a_limit_with_jitter_and_start_again():
    least = Backoff(lambda count: b"\x00", 500, 4000)
    most = Backoff(lambda count: b"\xff", 500, 4000)
    assert [least.next_ms() for _ in range(5)] == [250, 500, 1000, 2000, 2000]
    assert [most.next_ms() for _ in range(5)] == [500, 1000, 2000, 4000, 4000]
    most.reset()
    assert most.next_ms() == 500
