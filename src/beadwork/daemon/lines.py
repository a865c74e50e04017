"""Answers as lines of JSON."""

from typing import Any

import msgspec

from beadwork.model.errors import BeadworkError

_PIECE = 500
_ENCODER = msgspec.json.Encoder(enc_hook=str)
NO_ID = msgspec.Raw()
_NO_IDS = (b"", b"null")


def result_of(outcome: Any) -> dict[str, Any]:  # noqa: ANN401 -- any JSON value, or an error
    """Return what tells a client how a request ended."""
    if isinstance(outcome, BeadworkError):
        return {"success": False, **outcome.as_json()}
    return {"success": True, "data": outcome}


def packed(outcome: Any) -> Any:  # noqa: ANN401 -- any JSON value, or an error
    """Encode an answer where it was made; a long list in pieces, so that others have a turn."""
    if outcome is None or isinstance(outcome, BeadworkError):
        return outcome
    if not isinstance(outcome, list) or len(outcome) <= _PIECE:
        return msgspec.Raw(_ENCODER.encode(outcome))
    pieces = [
        _ENCODER.encode(outcome[start : start + _PIECE])[1:-1]
        for start in range(0, len(outcome), _PIECE)
    ]
    return msgspec.Raw(b"[" + b",".join(pieces) + b"]")


def encoded(outcome: Any, request_id: msgspec.Raw) -> bytes:  # noqa: ANN401
    """Return what an outcome is to a client: a line, with the id of the request."""
    if isinstance(outcome, BeadworkError):
        return line_of(result_of(outcome), request_id)
    shown: dict[str, Any] = {"success": True}
    if outcome is not None:
        shown["data"] = outcome
    return line_of(shown, request_id)


def line_of(shown: dict[str, Any], request_id: msgspec.Raw) -> bytes:
    """Return an answer as it goes to a client, with the id of the request that it answers."""
    if bytes(request_id) not in _NO_IDS:
        shown["request_id"] = request_id
    return _ENCODER.encode(shown) + b"\n"
