"""The board's HTTP: one page, one stream of what happens, and small posts that say what is done."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from flask import Flask, Response, abort, jsonify, render_template, request
from werkzeug.exceptions import HTTPException

from terminal_sim.actions import ACTIONS, WORLD
from terminal_sim.control import Refused
from terminal_sim.device import EVENTS
from terminal_sim.values import BadAction
from terminal_sim.web.board import Board, NoPower
from terminal_sim.web.cast import COINS_CENTS, SHELVES
from terminal_sim.web.feed import Feed, State
from terminal_sim.web.guard import Guard
from terminal_sim.web.words import COOKIE, LANGUAGES, language_of, words

LONGEST_BODY_BYTES = 256 * 1024
# A comment so often shows the server which pages are gone.
HEARTBEAT_S = 10.0


def create_app(board: Board, guard: Guard) -> Flask:
    """Make the application of one board."""
    app = Flask(__name__)
    app.config["MAX_CONTENT_LENGTH"] = LONGEST_BODY_BYTES
    guard.protect(app)
    _add_terminals(app, board)
    _add_recording(app, board)
    app.register_error_handler(Refused, _refused)
    app.register_error_handler(BadAction, _refused)
    app.register_error_handler(NoPower, _without_power)
    app.register_error_handler(HTTPException, _failed)
    return app


def _add_terminals(app: Flask, board: Board) -> None:
    @app.get("/")
    def page() -> str | Response:
        return _page(board)

    @app.get("/events")
    def events() -> Response:
        return Response(stream(board.feed), mimetype="text/event-stream")

    @app.post("/terminals/<name>/<action>")
    def act(name: str, action: str) -> Any:
        answer = board.do(name, action, _body().get("value", True))
        return _said(action, answer)


def _add_recording(app: Flask, board: Board) -> None:
    @app.post("/terminals/<name>/expect")
    def expect(name: str) -> Any:
        is_noted = board.expect_display(name)
        return {"said": words(language_of(request))["expected" if is_noted else "not_expected"]}

    @app.post("/recording/start")
    def start() -> Any:
        board.recorder.start()
        return {}

    @app.post("/recording/stop")
    def stop() -> Any:
        board.stop()
        return {}

    @app.get("/recording.toml")
    def recording() -> Response:
        headers = {"Content-Disposition": 'attachment; filename="recording.toml"'}
        return Response(board.recorder.text(), mimetype="application/toml", headers=headers)

    @app.post("/replay")
    def replay() -> Any:
        body = _body()
        board.replay(body.get("text"), str(body.get("name", "")))
        return {}


def stream(feed: Feed) -> Iterator[str]:
    """Tell a listener everything, then what changes, until the board ends."""
    seen: dict[str, State] = {}
    while (news := feed.next(seen, HEARTBEAT_S)) is not None:
        yield f"data: {json.dumps(news, ensure_ascii=False)}\n\n" if news else ": still here\n\n"
    yield "event: end\ndata: {}\n\n"


def _page(board: Board) -> str | Response:
    # What can go wrong with a terminal is known when it stands there.
    board.wait_ready()
    language = language_of(request)
    t = words(language)
    html = render_template(
        "board.html",
        t=t,
        language=language,
        languages=LANGUAGES,
        board=board,
        coins_cents=COINS_CENTS,
        shelves=SHELVES,
        events=EVENTS,
        fault_words={name: _fault_words(board.faults(name), t) for name in board.plan.terminals},
        goods_words={item: t[goods] for item, goods, _ in SHELVES},
    )
    answer = Response(html)
    if "language" in request.args:
        answer.set_cookie(COOKIE, language, samesite="Strict", max_age=365 * 24 * 3600)
    return answer


def _fault_words(faults: dict[str, str], t: dict[str, str]) -> dict[str, str]:
    """Return by its name what people call a fault; the texts need not know all of them."""
    return {
        name: f"{t['part_' + name.partition('.')[0]]}: {t.get('fault_' + name.replace('.', '_'), line)}"
        for name, line in faults.items()
    }


def _said(action: str, answer: dict[str, Any]) -> dict[str, Any]:
    """Return an answer with what a person is to read of it, in their language."""
    t = words(language_of(request))
    is_of_world = ACTIONS[action].who == WORLD
    said = t["coin_returned"] if answer.get("accepted") is False else t["done"] if is_of_world else ""
    return {**answer, "said": said}


def _body() -> dict[str, Any]:
    body = request.get_json()
    return body if isinstance(body, dict) else abort(400, "The body is a JSON object.")


def _refused(error: Exception) -> tuple[Response, int]:
    return jsonify(error=" ".join(str(error).split())), 422


def _without_power(_error: NoPower) -> tuple[Response, int]:
    return jsonify(error=words(language_of(request))["has_no_power"]), 422


def _failed(error: HTTPException) -> tuple[Response, int]:
    if request.method == "GET":
        return Response(f"{error.description}\n", mimetype="text/plain"), error.code
    return jsonify(error=error.description), error.code
