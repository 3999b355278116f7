"""The board's server: threads on a port of this machine alone, until it is told to stop."""

from __future__ import annotations

import socket
import threading

from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from terminal_sim.web.app import create_app
from terminal_sim.web.board import Board
from terminal_sim.web.guard import PARAMETER, Guard
from terminal_sim.web.listener import HOST


class _Quiet(WSGIRequestHandler):
    """Says nothing of each request, and keeps connections, so that a click costs no handshake."""

    protocol_version = "HTTP/1.1"

    def log_request(self, *_: object) -> None:
        """The page shows what happens."""


class BoardServer:
    """Serves a board; a context manager. `url` has the secret in it.

    Werkzeug's server with a thread for each connection: a stream holds one as long as its page is open,
    and one person on one machine needs no more.
    """

    def __init__(self, board: Board, listener: socket.socket) -> None:
        guard = Guard()
        port = listener.getsockname()[1]
        self.url = f"http://{HOST}:{port}/?{PARAMETER}={guard.secret}"
        self._listener = listener
        self._server: BaseWSGIServer = make_server(
            HOST, port, create_app(board, guard), threaded=True, request_handler=_Quiet, fd=listener.fileno()
        )
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, name="board server", daemon=True)

    def __enter__(self) -> BoardServer:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
        self._listener.close()
