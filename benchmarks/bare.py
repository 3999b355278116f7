"""The yardstick: a Flask route that parses JSON and answers JSON, and does nothing else."""

from flask import Flask, request

app = Flask("bare")


@app.post("/<path:_anything>")
def answer(_anything: str):
    """Answer with what came."""
    return {"data": request.get_json()}
