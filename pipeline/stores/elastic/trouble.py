"""What an Elasticsearch error means: whether it passes by itself, and the sentence that a person reads."""

import re
from collections.abc import Mapping
from typing import Any, Final

from elastic_transport import TlsError
from elasticsearch import (
    ApiError,
    AuthenticationException,
    AuthorizationException,
    ConnectionError,
    ConnectionTimeout,
    SerializationError,
    TransportError,
    UnsupportedProductError,
)

from pipeline.core.errors import StoreError, StoreUnavailable

_BUSY: Final = frozenset({429, 502, 503, 504})
_FULL: Final = "read-only-allow-delete"
_BLOCKED: Final = "blocked by: [FORBIDDEN/8/"
SETTINGS: Final = "see deploy/elasticsearch/README.md"


def passes(error: Exception) -> bool:
    """Whether waiting may help: no answer, too busy, disk full, or an index closed to writes for a moment."""
    if isinstance(error, TlsError):
        return False
    if isinstance(error, ConnectionError | ConnectionTimeout):
        return True
    return isinstance(error, ApiError) and item_passes(error.status_code, reason_of(error.body))


def item_passes(status: int, reason: str) -> bool:
    """The same for a status and reason, of a whole request or of one item of a bulk request."""
    return status in _BUSY or _FULL in reason or _BLOCKED in reason


def kind_of(error: ApiError) -> str:
    """Elasticsearch's word for an error, such as `index_not_found_exception`."""
    cause = error.body.get("error") if isinstance(error.body, Mapping) else None
    return str(cause.get("type", "")) if isinstance(cause, Mapping) else ""


def reason_of(body: Any) -> str:
    """`type: reason`, down to the innermost cause, of an error in an answer or in an item of a bulk answer."""
    cause = body.get("error", body) if isinstance(body, Mapping) else body
    if not isinstance(cause, Mapping):
        return str(cause)[:500]
    if cause.get("type") == "search_phase_execution_exception" and cause.get("root_cause"):
        cause = cause["root_cause"][0]
    said = [f"{cause.get('type', 'error')}: {cause.get('reason', '')}"]
    while isinstance(cause := cause.get("caused_by"), Mapping):
        said.append(str(cause.get("reason", "")))
    return ": ".join(said)[:1000]


def explain(error: Exception, at: str, prefix: str) -> StoreError:
    """The error to raise for what the client raised; `at` is the server's address without credentials."""
    where = f"Elasticsearch at {at}"
    if isinstance(error, TlsError):
        return StoreError(f"{where}: {_tls(str(error.message))}")
    if isinstance(error, ConnectionTimeout):
        return StoreUnavailable(f"{where} is too slow: no answer in time; try again later, or raise store.timeout_s")
    if isinstance(error, ConnectionError):
        return StoreUnavailable(f"{where} does not answer ({_connection(str(error.message))}); is it running?")
    if isinstance(error, UnsupportedProductError | SerializationError):
        return StoreError(f"what answers at {at} is not Elasticsearch 9; check store.at")
    if not isinstance(error, ApiError):
        name = "refused" if isinstance(error, TransportError) else type(error).__name__
        return StoreError(f"{where}: {name}: {error}")
    reason = reason_of(error.body)
    if isinstance(error, AuthenticationException):
        if "missing authentication" in reason:
            return StoreError(f"{where} wants to know who asks: set store.api_key, or store.user and store.password")
        return StoreError(f"{where} does not accept the API key or password; check store.api_key (or user, password)")
    if "media_type_header_exception" in reason or error.status_code == 406:
        return StoreError(f"{where} is of another major version; Wirewatch works with Elasticsearch 9")
    return refusal(error.status_code, reason, where, prefix, denied=isinstance(error, AuthorizationException))


def refusal(status: int, reason: str, where: str, prefix: str, *, denied: bool = False) -> StoreError:
    """The error for a status and reason of an answer or an item."""
    if _FULL in reason:
        return StoreUnavailable(f"{where} takes no writes because its disk is full (flood-stage watermark): "
                                "free space or add a node; what is missing is stored by the next pass")
    if _BLOCKED in reason:
        return StoreUnavailable(f"{where} has closed an index to writes; if no `wirewatch store reindex` is running, "
                                "run one")
    if status in _BUSY:
        return StoreUnavailable(f"{where} is too busy ({status}, {reason}); try again later")
    if denied and "security_exception" in reason:
        return StoreError(f"{where} does not allow this to the API key or user: it needs the privileges manage, read "
                          f"and write on {prefix}-* ({SETTINGS}); {reason}")
    if "too_many_nested_clauses" in reason or "too_many_clauses" in reason:
        return StoreError("the query has too many terms for this Elasticsearch; ask for less at once")
    return StoreError(f"{where} refused ({status}): {reason}")


def _tls(said: str) -> str:
    if "has expired" in said:
        return "its certificate has expired; renew it on the server"
    if "self-signed" in said or "self signed" in said or "unable to get local issuer" in said:
        return "its certificate is not signed by an authority known here; name the authority's file in store.ca_file"
    if re.search(r"[Hh]ostname mismatch|IP address mismatch|doesn't match", said):
        return "its certificate is for another name; use the name in the certificate in store.at"
    if re.search(r"WRONG_VERSION_NUMBER|wrong version number|RECORD_LAYER_FAILURE|record layer", said):
        return "it does not speak TLS; write http:// in store.at"
    return f"no TLS connection: {said[:300]}"


def _connection(said: str) -> str:
    if "refused" in said:
        return "connection refused"
    if re.search(r"resolve|Name or service|nodename", said):
        return "its name cannot be resolved"
    if re.search(r"RemoteDisconnected|reset|aborted|BadStatusLine", said):
        return "it closed the connection; if it speaks TLS, write https:// in store.at"
    return said.rpartition(": ")[2].rstrip(")'\"")[:200] or "no connection"
